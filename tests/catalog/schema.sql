-- A schema that uses every property that the catalog has a field for, on every major from 15 on. Run by a superuser, once
-- per cluster.
create role app_owner nologin;
create role app_member login noinherit connection limit 3 valid until '2030-01-31 12:00:00+00';
create role "App Reader" nologin;
grant app_owner to app_member;
grant pg_read_all_data to "App Reader" with admin option;
comment on role app_member is 'A member';
alter role app_member set statement_timeout = '4s';
alter role app_member in database postgres set search_path = app;
alter database postgres set app.settings.jwt_secret = 'never to be seen';
alter database postgres set app.settings.region = 'eu';
comment on database postgres is 'The database';

create schema app;
grant usage on schema app to "App Reader";
comment on schema app is 'Everything';

create extension citext with schema app;

-- Types.
create type app.mood as enum ('sad', 'ok', 'happy');
comment on type app.mood is 'A mood';
create domain app.email as varchar(200) collate "C" default 'a@b' not null
    constraint has_at check (value like '%@%') constraint short check (length(value) < 100);
comment on domain app.email is 'An address';
comment on constraint short on domain app.email is 'Not long';
create type app.place as (street text collate "C", zip varchar(10));
comment on type app.place is 'A place';
comment on column app.place.zip is 'A code';
create function app.float_diff(double precision, double precision) returns double precision
    language sql immutable as 'select $1 - $2';
create type app.span as range (subtype = double precision, subtype_diff = app.float_diff, multirange_type_name = app.spans);
create type app.words as range (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
comment on type app.span is 'A span';
create collation app.binary (provider = libc, locale = 'C');
comment on collation app.binary is 'Bytes';

-- Functions.
create function app.touch() returns trigger language plpgsql as 'begin return new; end';
create function app.add(a integer, b integer default 1) returns integer language sql immutable strict parallel safe
    cost 7 as 'select $1 + $2';
comment on function app.add(integer, integer) is 'Adds';
create function app.many(n integer, out x integer, out y text) returns setof record language plpgsql stable
    security definer rows 33 set search_path = app, pg_temp set work_mem = '8MB' as 'begin return; end';
create procedure app.run(inout n integer) language plpgsql as 'begin n := n + 1; end';
create function app.modern(n integer) returns integer language sql begin atomic select n + 1; end;
create function app.combine(bigint, bigint) returns bigint language sql immutable as 'select $1 + $2';
create aggregate app.total(bigint) (sfunc = app.combine, stype = bigint, combinefunc = app.combine, initcond = '0', parallel = safe);
create function app.same(app.place, app.place) returns boolean language sql immutable as 'select $1.zip = $2.zip';
create function app.to_place(text) returns app.place language sql immutable as 'select row($1, '''')::app.place';
create operator app.=== (leftarg = app.place, rightarg = app.place, function = app.same, commutator = operator(app.===),
    restrict = eqsel, join = eqjoinsel, hashes, merges);
comment on operator app.=== (app.place, app.place) is 'Alike';
create cast (text as app.place) with function app.to_place(text) as assignment;
comment on cast (text as app.place) is 'From text';
grant execute on function app.add(integer, integer) to "App Reader" with grant option;

-- Tables.
create table app.parent (code text);
create table app.customers (
    id bigint generated always as identity (start 10 increment 5 minvalue 10 maxvalue 1000 cache 2 cycle) primary key,
    email app.email,
    name varchar(100) not null default 'nobody',
    name_upper text generated always as (upper(name)) stored,
    sorted text collate "C",
    notes text,
    mood app.mood default 'ok',
    price numeric(12,2) default 0,
    tags text[],
    unique nulls not distinct (sorted, notes),
    constraint price_positive check (price >= 0) no inherit
) with (fillfactor = 90, toast.autovacuum_enabled = false);
alter table app.customers alter notes set storage external, alter notes set compression pglz, alter notes set statistics 77,
    alter notes set (n_distinct = 5), enable row level security, force row level security, replica identity full;
alter table app.customers drop column tags;
alter table app.customers add column after_hole date;
comment on table app.customers is 'People';
comment on column app.customers.name is 'What they are called';
comment on constraint price_positive on app.customers is 'No gifts';
grant select, insert on app.customers to "App Reader";
grant update (name, notes) on app.customers to "App Reader" with grant option;
create table app.child (extra integer) inherits (app.parent);
create table app.of_place of app.place;
create unlogged table app.scratch (id integer primary key, note text);
alter table app.scratch replica identity using index scratch_pkey;

create table app.orders (
    id uuid not null default gen_random_uuid(),
    customer bigint,
    placed timestamptz not null default now(),
    room integer,
    during tstzrange,
    note text,
    constraint orders_pk primary key (id, placed),
    constraint orders_customer foreign key (customer) references app.customers (id) match full
        on update cascade on delete set null (customer) deferrable initially deferred
) partition by range (placed);
create table app.orders_2026 partition of app.orders for values from ('2026-01-01') to ('2027-01-01');
create table app.orders_rest partition of app.orders default;
create table app.bookings (room integer, during tstzrange, note text, constraint no_overlap exclude using gist (during with &&) where (room > 0));
alter table app.bookings add constraint late check (note <> '') not valid;

-- Extended statistics.
create statistics app.together (dependencies, ndistinct) on room, note, (lower(note)) from app.orders;
alter statistics app.together set statistics 50;
comment on statistics app.together is 'Rooms and notes';

-- Indexes.
create index orders_note on app.orders using btree (lower(note) collate "C" text_pattern_ops desc nulls last, room) include (customer)
    with (fillfactor = 80) where room > 1;
comment on index app.orders_note is 'By note';
create index customers_name on app.customers (name varchar_pattern_ops);
create index customers_search on app.customers using gist (to_tsvector('simple', notes) tsvector_ops (siglen = 100));
alter table app.customers cluster on customers_name;
create unique index scratch_note on app.scratch (note) nulls not distinct;

-- Policies, triggers, rules.
create policy "read all" on app.customers as restrictive for select to "App Reader", app_member using (price > 1);
create policy write on app.customers for update using (true) with check (price < 100);
comment on policy write on app.customers is 'Cheap only';
create trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> '')
    execute function app.touch('a', 'b c');
comment on trigger touch on app.customers is 'Touches';
create trigger changed after update on app.customers referencing old table as gone new table as come for each statement execute function app.touch();
create constraint trigger later after insert on app.bookings deferrable initially deferred for each row execute function app.touch();
create trigger every after delete on app.orders for each row execute function app.touch();
alter table app.bookings enable always trigger later;
create rule quiet as on delete to app.bookings where old.room = 0 do instead nothing;
comment on rule quiet on app.bookings is 'Nothing';
create function app.watch() returns event_trigger language plpgsql as 'begin end';
create event trigger app_watch on ddl_command_end when tag in ('CREATE VIEW', 'CREATE INDEX') execute function app.watch();
comment on event trigger app_watch is 'Watches';

-- Views, sequences.
create view app.cheap with (security_invoker = on, security_barrier = true) as select id, name, price from app.customers where price < 10
    with local check option;
comment on view app.cheap is 'Bargains';
grant select (name) on app.cheap to "App Reader";
create materialized view app.sums with (fillfactor = 70) as select count(*) as n from app.customers;
create unique index sums_n on app.sums (n);
create materialized view app.later as select 1 as one with no data;
create sequence app.numbers as integer start 3 increment -2 minvalue -100 maxvalue 50 cache 4 cycle;
comment on sequence app.numbers is 'Numbers';
alter sequence app.numbers owned by app.bookings.room;
grant usage on sequence app.numbers to "App Reader";

-- Text search.
create text search dictionary app.plain (template = simple, stopwords = english, accept = false);
comment on text search dictionary app.plain is 'Plain words';
create text search configuration app.search (copy = simple);
alter text search configuration app.search alter mapping for word, asciiword with app.plain, simple;
comment on text search configuration app.search is 'Search';

-- Default privileges.
alter default privileges for role app_owner in schema app grant select on tables to "App Reader";
alter default privileges for role app_owner revoke execute on functions from public;

-- Publications.
create publication app_all for all tables with (publish = 'insert, delete', publish_via_partition_root = true);
comment on publication app_all is 'All';
create publication app_some for table app.child (extra, code) where (extra > 10) with (publish = 'insert');
create publication app_more for tables in schema app, extensions;

-- Foreign data.
create foreign data wrapper app_wrapper options (debug 'true');
create server app_server type 'far' version '9.1' foreign data wrapper app_wrapper options (host 'db.example.com', password 'never to be seen');
comment on server app_server is 'Far';
create foreign table app.far (id integer options (column_name 'ID') not null, note text) server app_server
    options (schema_name 'public', table_name 'far', api_key 'never to be seen');
comment on foreign table app.far is 'Far away';
create user mapping for "App Reader" server app_server options (user 'never to be seen', password 'never to be seen');
create user mapping for public server app_server;
grant usage on foreign server app_server to "App Reader";
comment on foreign data wrapper app_wrapper is 'Wraps';

-- What the services keep.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
    values ('avatars', 'avatars', true, 1000, '{image/png,image/*}'), ('files', 'files', false, null, null);
select vault.create_secret('never to be seen', 'api key'), vault.create_secret('never to be seen');
-- pg_cron's table; the row stands for the extension, whose library not every server has.
create schema cron;
create table cron.job (jobid bigint, schedule text, command text, nodename text, nodeport integer, database text, username text,
    active boolean, jobname text);
insert into cron.job values (1, '5 4 * * *', 'select 1', '', 5432, 'postgres', 'postgres', true, 'nightly'),
    (2, '30 seconds', 'select ''<&>''', '', 5432, 'postgres', 'postgres', false, null);
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    select 99999, 'pg_cron', 10, oid, false, '1.6' from pg_namespace where nspname = 'cron';
-- A provider of labels is a library; their table is enough here.
insert into pg_seclabel (objoid, classoid, objsubid, provider, label) values ('app.parent'::regclass, 'pg_class'::regclass, 0, 'masker', 'hidden');

-- Names that need quotes everywhere.
create schema "Odd "".Schema";
create table "Odd "".Schema"."drop table" ("select" integer primary key, "ä 😀" text default 'ü', "a.b" integer);
create index "on" on "Odd "".Schema"."drop table" ("a.b", ("ä 😀" || 'x'));
create policy "p "" on x" on "Odd "".Schema"."drop table" using ("a.b" > 1);
create function "Odd "".Schema"."F ()"("my arg" "app"."mood") returns integer language sql as 'select 1';
create view "Odd "".Schema"."a_name_that_is_exactly_sixty_three_bytes_long_and_not_one_more__" as select "a.b" from "Odd "".Schema"."drop table";
