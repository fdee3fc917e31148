-- Names of the vault's secrets: the one column that is read, and the only one that has to be readable. A secret without
-- a name cannot be asked for by one.
select case
    when b.oid is null then json_build_object('unknown', 'there is no table vault.secrets')
    when not has_schema_privilege(b.relnamespace, 'usage') or not has_column_privilege(b.oid, b.attnum, 'select')
      then json_build_object('unknown', format('the role %I may not read vault.secrets', current_user))
    when row_security_active(b.oid)
      then json_build_object('unknown', format('row-level security hides secrets from the role %I', current_user))
    else convert_from(decode(substring(query_to_xml($query$
        select encode(convert_to(coalesce(json_agg(json_build_object('name', s.name) order by s.name collate "C"), '[]')::text, 'UTF8'), 'hex') as j
          from vault.secrets s where s.name is not null $query$,
        true, true, '')::text from '<j>([0-9a-f]*)</j>'), 'hex'), 'UTF8')::json
  end
  from (values (1)) one
  left join (select c.oid, c.relnamespace, a.attnum
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
               join pg_attribute a on a.attrelid = c.oid and a.attname = 'name'
              where n.nspname = 'vault' and c.relname = 'secrets') b on true
