-- TaskFlow: everybody has a name to show.
-- supaproof: depends: 006_fill_display_names

alter table public.users alter column display_name set not null;
create index users_display_name_idx on public.users (lower(display_name));

-- ROLLBACK:
-- drop index public.users_display_name_idx;
-- alter table public.users alter column display_name drop not null;
