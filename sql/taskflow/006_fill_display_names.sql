-- TaskFlow: everybody's name to show is the first word of the name, until they say otherwise.
-- supaproof: data: 500 rows
-- supaproof: depends: 005_add_display_names

update public.users
   set display_name = split_part(name, ' ', 1)
 where id in (select id from public.users where display_name is null order by id limit :batch);

-- ROLLBACK:
-- update public.users set display_name = null;
