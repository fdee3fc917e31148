-- Security labels of anything in the database, and of roles and the database itself.
select l.provider,
       l.objtype as type,
       case when l.objtype = 'database' then 'itself' else l.objname end as object,
       l.label
  from pg_seclabels l
 where l.objtype <> 'database' or l.objoid = (select d.oid from pg_database d where d.datname = current_database())
 order by l.objtype, 3, l.provider
