-- Operators that somebody made.
select n.nspname as schema,
       o.oprname as name,
       case when o.oprleft <> 0 then coalesce(nullif(format_type(o.oprleft, null), '???'), (table gone)) end as left,
       case when o.oprright <> 0 then coalesce(nullif(format_type(o.oprright, null), '???'), (table gone)) end as right,
       case when o.oprresult <> 0 then coalesce(nullif(format_type(o.oprresult, null), '???'), (table gone)) end as result,
       nullif(o.oprcode::text, '-') as function,
       pg_get_userbyid(o.oprowner) as owner,
       nullif(o.oprcom::regoperator::text, '0') as commutator,
       nullif(o.oprnegate::regoperator::text, '0') as negator,
       nullif(o.oprrest::text, '-') as restrict,
       nullif(o.oprjoin::text, '-') as join,
       o.oprcanhash as hashes,
       o.oprcanmerge as merges,
       (select x.members from extension_members x) ->> ('pg_operator'::regclass::oid || '.' || o.oid) as extension,
       (select x.texts from comments x) ->> ('pg_operator'::regclass::oid || '.' || o.oid || '.0') as comment
  from pg_operator o
  join read_schemas n on n.oid = o.oprnamespace
 order by n.nspname, o.oprname, 3 nulls first, 4
