-- Casts that somebody made: the ids of initdb's own end at 16383 (FirstNormalObjectId in access/transam.h).
-- Without the one that a range type brings along.
select coalesce(nullif(format_type(c.castsource, null), '???'), (table gone)) as source,
       coalesce(nullif(format_type(c.casttarget, null), '???'), (table gone)) as target,
       case c.castmethod when 'f' then 'function' when 'i' then 'inout' when 'b' then 'binary' else c.castmethod::text end as method,
       nullif(c.castfunc::regprocedure::text, '-') as function,
       case c.castcontext when 'e' then 'explicit' when 'a' then 'assignment' when 'i' then 'implicit'
                          else c.castcontext::text end as context,
       (select x.members from extension_members x) ->> ('pg_cast'::regclass::oid || '.' || c.oid) as extension,
       (select x.texts from comments x) ->> ('pg_cast'::regclass::oid || '.' || c.oid || '.0') as comment
  from pg_cast c
 where c.oid >= 16384
   and not exists (select from pg_depend i where i.classid = 'pg_cast'::regclass and i.objid = c.oid and i.deptype = 'i')
 order by 1, 2
