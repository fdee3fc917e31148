-- TaskFlow: a name to show, beside the name to file under. It is filled by the next migration, and required by the one
-- after that, so that no step holds a lock on all users for long.

alter table public.users add column display_name varchar(128);

-- ROLLBACK:
-- alter table public.users drop column display_name;
