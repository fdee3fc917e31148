do $clear$
declare
    what record;
begin
    -- A schema that holds nothing of an extension goes with all that is in it; public stays, as its owner is not ours.
    for what in
        select n.nspname as schema from pg_catalog.pg_namespace n
         where n.nspname in (/* schemas */) and n.nspname <> 'public'
           and not exists (select from pg_catalog.pg_extension x where x.extnamespace = n.oid)
    loop
        execute pg_catalog.format('drop schema %I cascade', what.schema);
    end loop;
    -- An earlier one may have taken a later one with it.
    for what in
        select o.kind, o.class, o.id
          from (select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                            when 'f' then 'foreign table' else 'table' end,
                       'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace,
                       case c.relkind when 'S' then 2 else 1 end
                  from pg_catalog.pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
                union all
                select 'routine', 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.pronamespace, 3
                  from pg_catalog.pg_proc p
                union all
                select 'type', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typnamespace, 4
                  from pg_catalog.pg_type t where t.typtype in ('d', 'e', 'r')
                    or (select c.relkind = 'c' from pg_catalog.pg_class c where c.oid = t.typrelid)
                union all
                select 'collation', 'pg_catalog.pg_collation'::pg_catalog.regclass, l.oid, l.collnamespace, 5
                  from pg_catalog.pg_collation l
                union all
                select 'text search configuration', 'pg_catalog.pg_ts_config'::pg_catalog.regclass, g.oid, g.cfgnamespace, 5
                  from pg_catalog.pg_ts_config g
                union all
                select 'text search dictionary', 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, i.oid, i.dictnamespace, 6
                  from pg_catalog.pg_ts_dict i) o (kind, class, id, schema, step)
          join pg_catalog.pg_namespace n on n.oid = o.schema
         where n.nspname in (/* schemas */)
           and not exists (select from pg_catalog.pg_depend d
                            where d.classid = o.class and d.objid = o.id and d.objsubid = 0 and d.deptype in ('e', 'i'))
         order by o.step, o.id
    loop
        declare
            name text := (select i.identity from pg_catalog.pg_identify_object(what.class, what.id, 0) i);
        begin
            if name is not null then
                execute pg_catalog.format('drop %s if exists %s cascade', what.kind, name);
            end if;
        end;
    end loop;
end
$clear$;
