-- Publications; the tables and schemas in them are rows of their own.
select p.pubname as name,
       pg_get_userbyid(p.pubowner) as owner,
       p.puballtables as all_tables,
       array_remove(array[case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
                          case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end], null) as operations,
       p.pubviaroot as via_root,
       case to_jsonb(p) ->> 'pubgencols' when 's' then 'stored' else 'none' end as generated_columns,
       (select x.texts from comments x) ->> ('pg_publication'::regclass::oid || '.' || p.oid || '.0') as comment
  from pg_publication p
 order by p.pubname
