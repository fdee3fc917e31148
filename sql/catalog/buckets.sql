-- Storage buckets: rows of a table of the Storage service, whose columns differ between its versions.
select case
    when b.oid is null then json_build_object('unknown', 'there is no table storage.buckets')
    when not has_schema_privilege(b.relnamespace, 'usage') or not has_table_privilege(b.oid, 'select')
      then json_build_object('unknown', format('the role %I may not read storage.buckets', current_user))
    when row_security_active(b.oid)
      then json_build_object('unknown', format('row-level security hides buckets from the role %I', current_user))
    else convert_from(decode(substring(query_to_xml($query$
        select encode(convert_to(coalesce(json_agg(json_build_object(
                 'id', j ->> 'id',
                 'name', j ->> 'name',
                 'public', coalesce((j ->> 'public')::boolean, false),
                 'file_size_limit', (j ->> 'file_size_limit')::bigint,
                 'allowed_mime_types', case jsonb_typeof(j -> 'allowed_mime_types') when 'array' then
                   (select coalesce(json_agg(t order by t collate "C"), '[]')
                      from jsonb_array_elements_text(j -> 'allowed_mime_types') t) end,
                 'type', j ->> 'type') order by (j ->> 'id') collate "C"), '[]')::text, 'UTF8'), 'hex') as j
          from (select to_jsonb(b) from storage.buckets b) r(j) $query$,
        true, true, '')::text from '<j>([0-9a-f]*)</j>'), 'hex'), 'UTF8')::json
  end
  from (values (1)) one
  left join (select c.oid, c.relnamespace from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = 'storage' and c.relname = 'buckets') b on true
