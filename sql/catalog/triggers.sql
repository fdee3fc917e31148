-- Triggers that a user made. tgtype is a bit set: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate,
-- 64 instead of (source: catalog/pg_trigger.h).
select c.nspname as schema,
       c.relname as table,
       t.tgname as name,
       case when t.tgtype & 2 > 0 then 'before' when t.tgtype & 64 > 0 then 'instead of' else 'after' end as timing,
       array_remove(array[
         case when t.tgtype & 4 > 0 then 'insert' end,
         case when t.tgtype & 16 > 0 then 'update' end,
         case when t.tgtype & 8 > 0 then 'delete' end,
         case when t.tgtype & 32 > 0 then 'truncate' end], null) as events,
       (select coalesce(json_agg(a.attname order by a.attname collate "C"), '[]')
          from unnest(t.tgattr::int2[]) p(num)
          join pg_attribute a on a.attrelid = t.tgrelid and a.attnum = p.num) as columns,
       case when t.tgtype & 1 > 0 then 'row' else 'statement' end as level,
       substring(coalesce(pg_get_triggerdef(t.oid), (table gone)) from ' WHEN \((.*)\) EXECUTE ') as when,
       fn.nspname as function_schema,
       f.proname as function_name,
       -- Each ends with a zero byte: the bytes are parted as pairs of hexadecimal digits, since only whole arguments
       -- are text in the database's encoding.
       (select coalesce(json_agg(convert_from(decode(p.hex, 'hex'), getdatabaseencoding()) order by p.ord), '[]')
          from unnest(string_to_array(regexp_replace(encode(t.tgargs, 'hex'), '(..)', '\1 ', 'g'), '00 '))
               with ordinality p(hex, ord)
         where p.ord <= t.tgnargs) as arguments,
       case t.tgenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
                        else t.tgenabled::text end as enabled,
       t.tgconstraint <> 0 as constraint,
       t.tgdeferrable as deferrable,
       t.tginitdeferred as initially_deferred,
       t.tgoldtable as old_table,
       t.tgnewtable as new_table,
       t.tgparentid <> 0 as inherited,
       (select x.texts from comments x) ->> ('pg_trigger'::regclass::oid || '.' || t.oid || '.0') as comment
  from pg_trigger t
  join read_relations c on c.oid = t.tgrelid
  join pg_proc f on f.oid = t.tgfoid
  join pg_namespace fn on fn.oid = f.pronamespace
 where not t.tgisinternal
 order by c.nspname, c.relname, t.tgname
