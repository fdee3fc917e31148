-- What the suite sets up. Put your own SQL in its place: each file runs once, in the order of the numbers.
create type note_status as enum ('draft', 'published');

create table notes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  status note_status not null default 'draft',
  body text not null,
  created_at timestamptz not null default now(),
  constraint notes_body_not_empty check (body <> '')
);

create index notes_user_id_idx on notes (user_id);

alter table notes enable row level security;

create policy "Owners have their notes" on notes
  for all to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);
