-- Jobs of pg_cron. A job without a name is called by its number, as cron.unschedule takes it.
select case
    when not exists (select from pg_extension e where e.extname = 'pg_cron')
      then json_build_object('unknown', 'the extension pg_cron is not installed')
    when b.oid is null then json_build_object('unknown', 'there is no table cron.job')
    when not has_schema_privilege(b.relnamespace, 'usage') or not has_table_privilege(b.oid, 'select')
      then json_build_object('unknown', format('the role %I may not read cron.job', current_user))
    when row_security_active(b.oid)
      then json_build_object('unknown', format('row-level security hides jobs from the role %I', current_user))
    else convert_from(decode(substring(query_to_xml($query$
        select encode(convert_to(coalesce(json_agg(json_build_object(
                 'name', coalesce(j ->> 'jobname', j ->> 'jobid'),
                 'role', j ->> 'username',
                 'schedule', j ->> 'schedule',
                 'command', j ->> 'command',
                 'database', j ->> 'database',
                 'active', coalesce((j ->> 'active')::boolean, true))
                   order by coalesce(j ->> 'jobname', j ->> 'jobid') collate "C", (j ->> 'username') collate "C"), '[]')::text, 'UTF8'), 'hex') as j
          from (select to_jsonb(b) from cron.job b) r(j) $query$,
        true, true, '')::text from '<j>([0-9a-f]*)</j>'), 'hex'), 'UTF8')::json
  end
  from (values (1)) one
  left join (select c.oid, c.relnamespace from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = 'cron' and c.relname = 'job') b on true
