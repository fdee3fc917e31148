select json_build_object(
    'server', split_part(current_setting('server_version'), ' ', 1),
    'major', current_setting('server_version_num')::int / 10000,
    'snapshot', /* snapshot */ null,
    'superuser', (select r.rolsuper from pg_roles r where r.rolname = current_user),
    'role', current_user,
    'schemas', (
        select coalesce(json_agg(json_build_object(
            'name', n.nspname,
            'extension', (
                select x.extname from pg_depend d join pg_extension x on x.oid = d.refobjid
                 where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'
                   and d.refclassid = 'pg_extension'::regclass)) order by n.nspname), '[]')
          from pg_namespace n
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
    'objects', (
        select coalesce(json_agg(json_build_object(
            'schema', n.nspname,
            'name', c.relname,
            'sequence', c.relkind = 'S',
            'partitioned', c.relkind = 'p',
            'readable', has_schema_privilege(n.oid, 'usage')
                and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'select') else has_table_privilege(c.oid, 'select') end,
            'hidden', c.relkind <> 'S' and row_security_active(c.oid),
            'columns', (
                select coalesce(json_agg(json_build_object('name', a.attname) order by a.attname), '[]')
                  from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) order by n.nspname, c.relname), '[]')
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
           and not exists (
               select from pg_depend d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
    'occupied', (
        select coalesce(json_agg(distinct n.nspname), '[]')
          from (select c.relnamespace, 'pg_class'::regclass, c.oid from pg_class c
                union all select p.pronamespace, 'pg_proc'::regclass, p.oid from pg_proc p
                union all select t.typnamespace, 'pg_type'::regclass, t.oid from pg_type t where t.typtype in ('e', 'd', 'r')
                    or (select c.relkind = 'c' from pg_class c where c.oid = t.typrelid)) o (schema, class, id)
          join pg_namespace n on n.oid = o.schema
         where not exists (
               select from pg_depend d where d.classid = o.class and d.objid = o.id and d.objsubid = 0
            and d.deptype in ('e', 'i'))),
    'roles', (
        select coalesce(json_agg(r.rolname order by r.rolname), '[]') from pg_roles r where r.rolname !~ '^pg_'),
    'extensions', (
        select coalesce(json_agg(json_build_object('name', x.extname, 'schema', n.nspname) order by x.extname), '[]')
          from pg_extension x join pg_namespace n on n.oid = x.extnamespace
         where x.extname <> 'plpgsql'),
    'publications', (
        select coalesce(json_agg(json_build_object(
            'name', p.pubname, 'schema', n.nspname, 'table', c.relname,
            'rest', coalesce(
                (select ' (' || string_agg(quote_ident(a.attname), ', ' order by a.attnum) || ')'
                   from pg_attribute a where a.attrelid = c.oid and a.attnum = any (r.prattrs)), '')
                || coalesce(' where (' || pg_get_expr(r.prqual, r.prrelid) || ')', '')) order by p.pubname, n.nspname, c.relname), '[]')
          from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
          join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace),
    'large_objects', (select count(*) from pg_largeobject_metadata),
    'large_objects_readable', not exists (
        select from pg_largeobject_metadata l
         where not (pg_has_role(l.lomowner, 'usage') or exists (
             select from aclexplode(l.lomacl) a
              where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_has_role(a.grantee, 'usage'))))),
    'attached', (
        select coalesce(json_agg(json_build_array(n.nspname, c.relname, o.name, o.policy)), '[]')
          from (select p.polrelid, p.polname, true from pg_policy p
                union all select t.tgrelid, t.tgname, false from pg_trigger t where not t.tgisinternal) o (relation, name, policy)
          join pg_class c on c.oid = o.relation join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('auth', 'storage')))
