-- Operators that somebody made.
select n.nspname as schema,
       o.oprname as name,
       case when o.oprleft <> 0 then format_type(o.oprleft, null) end as left,
       case when o.oprright <> 0 then format_type(o.oprright, null) end as right,
       case when o.oprresult <> 0 then format_type(o.oprresult, null) end as result,
       nullif(o.oprcode::text, '-') as function,
       pg_get_userbyid(o.oprowner) as owner,
       nullif(o.oprcom::regoperator::text, '0') as commutator,
       nullif(o.oprnegate::regoperator::text, '0') as negator,
       nullif(o.oprrest::text, '-') as restrict,
       nullif(o.oprjoin::text, '-') as join,
       o.oprcanhash as hashes,
       o.oprcanmerge as merges,
       e.extname as extension,
       m.description as comment
  from pg_operator o
  join pg_namespace n on n.oid = o.oprnamespace
  left join pg_depend x on x.classid = 'pg_operator'::regclass and x.objid = o.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_operator'::regclass and m.objoid = o.oid and m.objsubid = 0
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 order by n.nspname, o.oprname, 3 nulls first, 4
