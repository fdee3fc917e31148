-- Security labels of anything in the database, and of roles and the database itself.
select l.provider,
       i.type,
       case when i.type = 'database' then 'itself' else i.identity end as object,
       l.label
  from (select classoid, objoid, objsubid, provider, label from pg_seclabel
        union all
        select classoid, objoid, 0, provider, label from pg_shseclabel
         where classoid <> 'pg_database'::regclass
            or objoid = (select d.oid from pg_database d where d.datname = current_database())) l
 cross join lateral pg_identify_object(l.classoid, l.objoid, l.objsubid) i
 order by 2, 3, 1
