-- Foreign-data wrappers.
select w.fdwname as name,
       pg_get_userbyid(w.fdwowner) as owner,
       nullif(w.fdwhandler::regproc::text, '-') as handler,
       nullif(w.fdwvalidator::regproc::text, '-') as validator,
       array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
               from pg_options_to_table(w.fdwoptions) o left join shown_options s on s.name = o.option_name order by 1) as options,
       coalesce(w.fdwacl, acldefault('F', w.fdwowner))::text[] as privileges,
       e.extname as extension,
       m.description as comment
  from pg_foreign_data_wrapper w
  left join pg_depend x on x.classid = 'pg_foreign_data_wrapper'::regclass and x.objid = w.oid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_description m on m.classoid = 'pg_foreign_data_wrapper'::regclass and m.objoid = w.oid and m.objsubid = 0
 order by w.fdwname
