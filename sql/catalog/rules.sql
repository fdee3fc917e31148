-- Rules that a user made. The one that makes a view a view, always called _RETURN, is the view's definition.
select n.nspname as schema,
       c.relname as table,
       r.rulename as name,
       case r.ev_type when '1' then 'select' when '2' then 'update' when '3' then 'insert' when '4' then 'delete'
                      else r.ev_type::text end as event,
       r.is_instead as instead,
       case r.ev_enabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
                         else r.ev_enabled::text end as enabled,
       pg_get_ruledef(r.oid) as definition,
       obj_description(r.oid, 'pg_rewrite') as comment
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class
  join pg_namespace n on n.oid = c.relnamespace
 where r.rulename <> '_RETURN'
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, c.relname, r.rulename
