-- The database that we are connected to. One row.
select pg_get_userbyid(d.datdba) as owner,
       pg_encoding_to_char(d.encoding) as encoding,
       d.datcollate as collate,
       d.datctype as ctype,
       case d.datlocprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin'
                             else d.datlocprovider::text end as locale_provider,
       d.datconnlimit as connection_limit,
       coalesce(d.datacl, acldefault('d', d.datdba))::text[] as privileges,
       shobj_description(d.oid, 'pg_database') as comment
  from pg_database d
 where d.datname = current_database()
