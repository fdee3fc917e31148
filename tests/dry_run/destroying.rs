//! Statements that destroy something, and what is said of each.

/// What each statement destroys, as a dry run lists it; a dry run leaves nothing, so one database does for all.
pub(crate) const CASES: &[(&str, &[&str])] = &[
    (
        "drop table items",
        &["drop table public.items: 5 rows are lost"],
    ),
    (
        "drop table if exists nowhere, items",
        &["drop table public.items: 5 rows are lost"],
    ),
    (
        "drop table empty_one",
        &["drop table public.empty_one: it is empty"],
    ),
    (
        "drop table orders cascade",
        &[
            "drop table public.orders: 1,234 rows are lost, and with it constraint items_order_id_fkey on public.items, view public.big",
        ],
    ),
    (
        "drop table \"Od;d \"\"x\"",
        &["drop table public.Od;d \"x: 1 row is lost"],
    ),
    (
        "alter table \"Od;d \"\"x\" drop \"a b\"",
        &["drop column public.Od;d \"x.a b: 1 value is lost"],
    ),
    (
        "alter table items drop column name",
        &["drop column public.items.name: 5 values are lost"],
    ),
    (
        "alter table orders drop note",
        &["drop column public.orders.note: it is empty"],
    ),
    (
        "alter table orders rename to old; drop table old cascade",
        &[
            "drop table public.orders: 1,234 rows are lost, and with it constraint items_order_id_fkey on public.items, view public.big",
        ],
    ),
    (
        "truncate orders, items",
        &[
            "truncate public.orders: 1,234 rows are lost",
            "truncate public.items: 5 rows are lost",
        ],
    ),
    (
        "truncate orders cascade",
        &["truncate public.orders: 1,234 rows are lost, and with it 5 rows in public.items"],
    ),
    ("truncate empty_one", &[]),
    (
        "delete from items",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    ("delete from items where id = 1", &[]),
    (
        "update items set name = null",
        &["update all rows of public.items: name of 5 rows are overwritten"],
    ),
    (
        "drop schema app cascade",
        &["drop schema app: 2 rows in app.things are lost"],
    ),
    (
        "drop type mood cascade",
        &[
            "drop type public.mood: its definition is lost, and with it column public.moods.mood with 1 value",
        ],
    ),
    (
        "drop view big",
        &["drop view public.big: its definition is lost"],
    ),
    ("drop view big; create view big as select 1 as id", &[]),
    (
        "drop function twice(int)",
        &["drop function public.twice: its definition is lost"],
    ),
    ("drop function if exists thrice(int)", &[]),
    (
        "drop policy own on orders",
        &[
            "drop policy own on public.orders: who may see or change which rows is another than before",
        ],
    ),
    ("drop policy if exists other on orders", &[]),
    // What guards rows comes back as it was, or as another.
    (
        "drop policy own on orders; create policy own on orders using (true)",
        &[],
    ),
    (
        "drop policy own on orders; create policy own on orders for select using (true)",
        &["drop policy own on public.orders: it is made again, and may be another than before"],
    ),
    (
        "drop trigger touch on items; create trigger touch before update on items for each row execute function suppress_redundant_updates_trigger()",
        &[],
    ),
    (
        "drop trigger touch on items; create trigger touch before update on items for each row when (false) execute function suppress_redundant_updates_trigger()",
        &["drop trigger touch on public.items: it is made again, and may be another than before"],
    ),
    (
        "alter table orders drop constraint positive; alter table orders add constraint positive check (total > 0)",
        &[],
    ),
    (
        "alter table orders drop constraint positive; alter table orders add constraint positive check (total > -9)",
        &[
            "drop constraint positive on public.orders: it is made again, and may be another than before",
        ],
    ),
    (
        "drop index items_name; create unique index items_name on public.items using btree (name)",
        &[],
    ),
    (
        "drop index items_name; create index items_name on items (name)",
        &["drop unique index public.items_name: it is made again, and may be another than before"],
    ),
    // Under another name it is the same thing.
    (
        "alter schema app rename to application; drop schema application cascade",
        &["drop schema app: 2 rows in app.things are lost"],
    ),
    (
        "alter schema app rename to application; drop table application.things",
        &["drop table app.things: 2 rows are lost"],
    ),
    (
        "alter policy own on orders rename to mine; drop policy mine on orders",
        &[
            "drop policy own on public.orders: who may see or change which rows is another than before",
        ],
    ),
    (
        "create or replace trigger touch before update on items for each row execute function suppress_redundant_updates_trigger()",
        &[],
    ),
    (
        "create or replace trigger touch before update on items for each row when (false) execute function suppress_redundant_updates_trigger()",
        &["replace trigger touch on public.items: it may be another than before"],
    ),
    (
        "create rule gone as on delete to items do instead nothing; \
         create or replace rule gone as on delete to items do also nothing",
        &[],
    ),
    (
        "create or replace trigger other before update on items for each row execute function suppress_redundant_updates_trigger()",
        &[],
    ),
    (
        "alter trigger touch on items rename to touched; drop trigger touched on items",
        &["drop trigger touch on public.items: what it did is not done any more"],
    ),
    (
        "alter table orders rename constraint positive to p; alter table orders drop constraint p",
        &["drop constraint positive on public.orders: what it refused is allowed then"],
    ),
    (
        "alter index items_name rename to n; drop index n",
        &["drop unique index public.items_name: nothing keeps its values unique any more"],
    ),
    (
        "alter type mood rename to humour; drop type humour cascade",
        &[
            "drop type public.mood: its definition is lost, and with it column public.moods.mood with 1 value",
        ],
    ),
    (
        "alter function twice(int) rename to double; drop function double(int)",
        &["drop function public.twice: its definition is lost"],
    ),
    (
        "alter publication changes rename to news; drop publication news",
        &["drop publication changes: its definition is lost"],
    ),
    // A view of the plan's own, and one that was there.
    (
        "create view vi as select * from items; delete from vi",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    (
        "delete from big",
        &[
            "delete all rows of public.orders through public.big: 1,234 rows are lost, and with it 5 rows in public.items",
        ],
    ),
    (
        "create view joined as select i.id from items i join orders o on o.id = i.order_id where false; \
         create rule gone as on delete to joined do instead nothing; delete from joined",
        &[
            "delete from joined: what this runs nobody can read before it runs, so it was not looked at",
        ],
    ),
    // What goes with rows, and with CASCADE.
    (
        "delete from orders",
        &[
            "delete all rows of public.orders: 1,234 rows are lost, and with it 5 rows in public.items",
        ],
    ),
    (
        "delete from moods",
        &[
            "delete all rows of public.moods: 1 row is lost; what refers to them is cleared: 1 row in public.told.mood_id",
        ],
    ),
    (
        "drop function allowed() cascade",
        &[
            "drop function public.allowed: its definition is lost, and with it constraint sane on public.told, policy called on public.told",
        ],
    ),
    (
        "alter table moods drop column id cascade",
        &[
            "drop column public.moods.id: 1 value is lost, and with it constraint told_mood_id_fkey on public.told",
        ],
    ),
    (
        "drop view wide cascade; create view wide as select 1 as id",
        &["drop view public.wide: it comes back, and view public.wider does not"],
    ),
    (
        "drop view wide cascade; create view wide as select 1 as id; create view wider as select * from wide",
        &[],
    ),
    // What goes by itself too is told once.
    (
        "drop table orders, items cascade",
        &[
            "drop table public.orders: 1,234 rows are lost, and with it view public.big",
            "drop table public.items: 5 rows are lost",
        ],
    ),
    (
        "drop table told cascade",
        &["drop table public.told: 1 row is lost"],
    ),
    (
        "drop table empty_one cascade",
        &["drop table public.empty_one: it is empty"],
    ),
    // Which columns.
    (
        "update items set (order_id, name) = (order_id, name)",
        &["update all rows of public.items: order_id, name of 5 rows are overwritten"],
    ),
    ("update orders set note = 'x'", &[]),
    (
        "insert into items (id) select id from items on conflict (id) do update set name = null",
        &[
            "insert overwrites rows of public.items: name of those of 5 rows that match are overwritten",
        ],
    ),
    (
        "insert into items (id) values (1) on conflict (id) do update set name = 'i1'",
        &[],
    ),
    (
        "alter table orders disable row level security",
        &["disable row level security on public.orders: whoever has a grant sees all of its rows"],
    ),
    ("alter table items disable row level security", &[]),
    (
        "alter table orders no force row level security",
        &[
            "no force row level security on public.orders: its policies do not hold for its owner any more",
        ],
    ),
    (
        "alter table orders drop constraint positive",
        &["drop constraint positive on public.orders: what it refused is allowed then"],
    ),
    (
        "drop index items_name",
        &["drop unique index public.items_name: nothing keeps its values unique any more"],
    ),
    ("drop index items_order", &[]),
    (
        "alter table items alter name type varchar(10)",
        &[
            "change the type of public.items.name: character varying(20) → varchar(10): 5 values may lose something",
        ],
    ),
    ("alter table items alter name type varchar(30)", &[]),
    (
        "alter table items alter name type text using upper(name)",
        &[
            "change the type of public.items.name: character varying(20) → text, by an expression: 5 values may lose something",
        ],
    ),
    (
        "alter table items alter name set not null",
        &[
            "set not null on public.items.name: all of 5 rows are read under a lock; none has a null",
        ],
    ),
    ("alter table items alter id set not null", &[]),
    ("alter table empty_one add column a int not null", &[]),
    (
        "do $$ begin if true then delete from app.things; end if; end $$",
        &["delete all rows of app.things: 2 rows are lost"],
    ),
    (
        "set search_path = app; drop table things",
        &["drop table app.things: 2 rows are lost"],
    ),
    (
        "create table fresh (id int); insert into fresh values (1); drop table fresh",
        &[],
    ),
    ("drop extension if exists nowhere", &[]),
    (
        "drop table parted",
        &["drop table public.parted: 2 rows are lost"],
    ),
    (
        "alter table parted detach partition parted_1",
        &["detach partition public.parted_1: 2 rows are no part of parted any more"],
    ),
    (
        "alter publication changes drop table items",
        &["drop table public.items from publication changes: nobody hears of its changes any more"],
    ),
    (
        "drop publication changes",
        &["drop publication changes: its definition is lost"],
    ),
    (
        "alter type pair drop attribute b",
        &["drop attribute public.pair.b: columns of this type lose it"],
    ),
    (
        "drop materialized view totals",
        &["drop materialized view public.totals: what it holds can be made again"],
    ),
    (
        "drop sequence numbers",
        &["drop sequence public.numbers: its value is lost"],
    ),
    (
        "drop domain short cascade",
        &[
            "drop domain public.short: its definition is lost, and with it column public.shorts.it with 1 value",
        ],
    ),
    (
        "drop trigger touch on items",
        &["drop trigger touch on public.items: what it did is not done any more"],
    ),
    (
        "drop table items; drop table if exists items",
        &["drop table public.items: 5 rows are lost"],
    ),
    (
        "merge into items i using orders o on i.order_id = o.id when matched then update set order_id = o.id",
        &[
            "merge overwrites rows of public.items: order_id of those of 5 rows that match are overwritten",
        ],
    ),
    (
        "create function noted() returns trigger language plpgsql as 'begin return new; end'; \
         create trigger noted before insert on orders for each row execute function noted(); \
         alter table orders disable trigger noted",
        &[],
    ),
    (
        "alter table items disable trigger touch",
        &["disable trigger touch on public.items: what it did is not done any more"],
    ),
    (
        "alter table items disable trigger user",
        &["disable all triggers on public.items: what they did is not done any more"],
    ),
    (
        "alter table items disable trigger user; update items set order_id = 1 where id = 1; \
         alter table items enable trigger user",
        &[],
    ),
    ("alter table orders disable trigger user", &[]),
    (
        "merge into items i using orders o on i.order_id = o.id when matched then delete",
        &["merge deletes from public.items: of 5 rows those that match are lost"],
    ),
    (
        "prepare p as delete from items; execute p; deallocate p",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    (
        "alter table items set schema app; drop schema app cascade",
        &[
            "drop table public.items: 5 rows are lost",
            "drop schema app: 2 rows in app.things are lost",
        ],
    ),
    (
        "alter policy own on orders using (true)",
        &[
            "alter policy own on public.orders: who may see or change which rows is another than before",
        ],
    ),
    (
        "with gone as (delete from items returning *) select count(*) from gone",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
    (
        "create function wipe() returns void language plpgsql as $$ begin delete from items; end $$; select wipe(); drop function wipe()",
        &["delete all rows of public.items: 5 rows are lost"],
    ),
];
