-- Event triggers.
select t.evtname as name,
       t.evtevent as event,
       coalesce((select json_agg(g order by g) from unnest(t.evttags) g), '[]') as tags,
       fn.nspname as function_schema,
       f.proname as function_name,
       case t.evtenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
                         else t.evtenabled::text end as enabled,
       pg_get_userbyid(t.evtowner) as owner,
       e.extname as extension,
       m.description as comment
  from pg_event_trigger t
  join pg_proc f on f.oid = t.evtfoid
  join pg_namespace fn on fn.oid = f.pronamespace
  left join pg_depend x on x.classid = 'pg_event_trigger'::regclass and x.objid = t.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_event_trigger'::regclass and m.objoid = t.oid and m.objsubid = 0
 order by t.evtname
