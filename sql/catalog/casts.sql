-- Casts that somebody made: the ids of initdb's own end at 16383 (FirstNormalObjectId in access/transam.h).
select format_type(c.castsource, null) as source,
       format_type(c.casttarget, null) as target,
       case c.castmethod when 'f' then 'function' when 'i' then 'inout' when 'b' then 'binary' else c.castmethod::text end as method,
       nullif(c.castfunc::regprocedure::text, '-') as function,
       case c.castcontext when 'e' then 'explicit' when 'a' then 'assignment' when 'i' then 'implicit'
                          else c.castcontext::text end as context,
       e.extname as extension,
       m.description as comment
  from pg_cast c
  left join pg_depend x on x.classid = 'pg_cast'::regclass and x.objid = c.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_cast'::regclass and m.objoid = c.oid and m.objsubid = 0
 where c.oid >= 16384
 order by 1, 2
