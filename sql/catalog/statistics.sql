-- Extended statistics: of what they are, columns before expressions, as the server keeps them. What stands for "the
-- server's own target" is -1 before Postgres 17 and null since.
select n.nspname as schema,
       s.stxname as name,
       pg_get_userbyid(s.stxowner) as owner,
       s.stxrelid::regclass::text as table,
       array(select case k when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv' else k::text end
               from unnest(s.stxkind) k where k <> 'e' order by k) as kinds,
       array(select coalesce(quote_ident(a.attname), (table gone))
               from unnest(s.stxkeys::int2[]) with ordinality k(number, ord)
               left join pg_attribute a on a.attrelid = s.stxrelid and a.attnum = k.number
              order by k.ord) as columns,
       coalesce(pg_get_statisticsobjdef_expressions(s.oid), '{}') as expressions,
       coalesce(s.stxstattarget, -1) as target,
       (select x.members from extension_members x) ->> ('pg_statistic_ext'::regclass::oid || '.' || s.oid) as extension,
       (select x.texts from comments x) ->> ('pg_statistic_ext'::regclass::oid || '.' || s.oid || '.0') as comment
  from pg_statistic_ext s
  join read_schemas n on n.oid = s.stxnamespace
 order by n.nspname, s.stxname
