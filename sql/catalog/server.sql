-- Who we are and what answers. One row.
select current_setting('server_version') as version,
       current_setting('server_version_num')::int as version_num,
       current_database() as database,
       current_user as "current_role",
       coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false) as superuser,
       -- Tables of ours, wherever a suite put its ledger, and their indexes: known by their columns.
       (select coalesce(json_agg(json_build_array(n.nspname, c.relname) order by n.nspname, c.relname), '[]')
          from (select a.attrelid from pg_attribute a
                 where a.attname in ('suite', 'version', 'name', 'checksum', 'applied_at', 'statements', 'rollback', 'duration_ms',
                                     'applied_by', 'host', 'tool', 'success', 'error') and not a.attisdropped
                 group by a.attrelid having count(*) = 13) l
          join pg_class c on c.oid = l.attrelid and c.relkind = 'r'
            or c.oid in (select i.indexrelid from pg_index i where i.indrelid = l.attrelid)
          join pg_namespace n on n.oid = c.relnamespace) as ledgers
