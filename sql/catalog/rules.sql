-- Rules that a user made. The one that makes a view a view, always called _RETURN, is the view's definition.
select c.nspname as schema,
       c.relname as table,
       r.rulename as name,
       case r.ev_type when '1' then 'select' when '2' then 'update' when '3' then 'insert' when '4' then 'delete'
                      else r.ev_type::text end as event,
       r.is_instead as instead,
       case r.ev_enabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
                         else r.ev_enabled::text end as enabled,
       coalesce(pg_get_ruledef(r.oid), (table gone)) as definition,
       (select x.texts from comments x) ->> ('pg_rewrite'::regclass::oid || '.' || r.oid || '.0') as comment
  from pg_rewrite r
  join read_relations c on c.oid = r.ev_class
 where r.rulename <> '_RETURN'
 order by c.nspname, c.relname, r.rulename
