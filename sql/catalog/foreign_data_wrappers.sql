-- Foreign-data wrappers.
select w.fdwname as name,
       pg_get_userbyid(w.fdwowner) as owner,
       nullif(w.fdwhandler::regproc::text, '-') as handler,
       nullif(w.fdwvalidator::regproc::text, '-') as validator,
       array(select o.option_name || '=' || case when s.name is null then '<hidden>' else o.option_value end
               from pg_options_to_table(w.fdwoptions) o left join shown_options s on s.name = o.option_name order by 1) as options,
       coalesce(w.fdwacl, acldefault('F', w.fdwowner))::text[] as privileges,
       (select x.members from extension_members x) ->> ('pg_foreign_data_wrapper'::regclass::oid || '.' || w.oid) as extension,
       (select x.texts from comments x) ->> ('pg_foreign_data_wrapper'::regclass::oid || '.' || w.oid || '.0') as comment
  from pg_foreign_data_wrapper w
 order by w.fdwname
