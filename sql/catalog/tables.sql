-- Ordinary and partitioned tables. A partition says whose it is, not the parent which ones it has: a new partition of a
-- table changes nothing about the table. Storage parameters of the TOAST table stand beside the table's own, as
-- CREATE TABLE takes them.
select c.nspname as schema,
       c.relname as name,
       pg_get_userbyid(c.relowner) as owner,
       case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' when 't' then 'temporary'
                             else c.relpersistence::text end as persistence,
       a.amname as access_method,
       s.spcname as tablespace,
       c.relkind = 'p' as partitioned,
       case when c.relkind = 'p' then coalesce(pg_get_partkeydef(c.oid), (table gone)) end as partition_key,
       case when c.relispartition then h.parents -> 0 end as partition_of,
       case when c.relispartition then coalesce(pg_get_expr(c.relpartbound, c.oid), (table gone)) end as partition_bound,
       case when c.relispartition or h.parents is null then '[]' else h.parents end as inherits,
       case when c.reloftype <> 0 then coalesce(nullif(format_type(c.reloftype, null), '???'), (table gone)) end as of_type,
       case when c.reloptions is null and t.reloptions is null then '{}'
            else array(select o from unnest(c.reloptions) o union all select 'toast.' || o from unnest(t.reloptions) o
                        order by 1) end as options,
       case c.relreplident when 'd' then 'default' when 'n' then 'nothing' when 'f' then 'full' when 'i' then 'index'
                           else c.relreplident::text end as replica_identity,
       case when c.relreplident = 'i' then
         (select ic.relname from pg_index i join pg_class ic on ic.oid = i.indexrelid
           where i.indrelid = c.oid and i.indisreplident) end as replica_index,
       c.relrowsecurity as rls,
       c.relforcerowsecurity as rls_forced,
       coalesce(c.relacl, acldefault('r', c.relowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_class'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_class'::regclass::oid || '.' || c.oid || '.0') as comment
  from read_relations c
  left join pg_am a on a.oid = c.relam
  left join pg_tablespace s on s.oid = c.reltablespace
  left join pg_class t on t.oid = c.reltoastrelid
  left join lateral (
    select json_agg(json_build_object('schema', pn.nspname, 'name', p.relname) order by i.inhseqno) as parents
      from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
     where i.inhrelid = c.oid) h on true
 where c.relkind in ('r', 'p')
 order by c.nspname, c.relname
