-- Event triggers.
select t.evtname as name,
       t.evtevent as event,
       coalesce((select json_agg(g order by g) from unnest(t.evttags) g), '[]') as tags,
       fn.nspname as function_schema,
       f.proname as function_name,
       case t.evtenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
                         else t.evtenabled::text end as enabled,
       pg_get_userbyid(t.evtowner) as owner,
       (select x.members from extension_members x) ->> ('pg_event_trigger'::regclass::oid || '.' || t.oid) as extension,
       (select x.texts from comments x) ->> ('pg_event_trigger'::regclass::oid || '.' || t.oid || '.0') as comment
  from pg_event_trigger t
  join pg_proc f on f.oid = t.evtfoid
  join pg_namespace fn on fn.oid = f.pronamespace
 order by t.evtname
