//! Policies, triggers, rules, event triggers.

use super::{Mutation, m};

pub(super) const ALL: &[Mutation] = &[
    m(
        "drop policy write on app.customers",
        &["-policy \"write\" on app.customers"],
    ),
    m(
        "drop policy write on app.customers; create policy write on app.customers for all using (true) with check (price < 100); comment on policy write on app.customers is 'Cheap only'",
        &["policy \"write\" on app.customers: command"],
    ),
    m(
        "drop policy write on app.customers; create policy write on app.customers as restrictive for update using (true) with check (price < 100); comment on policy write on app.customers is 'Cheap only'",
        &["policy \"write\" on app.customers: permissive"],
    ),
    m(
        "alter policy write on app.customers to anon",
        &["policy \"write\" on app.customers: roles"],
    ),
    m(
        "alter policy write on app.customers using (false)",
        &["policy \"write\" on app.customers: using"],
    ),
    m(
        "alter policy write on app.customers with check (price < 101)",
        &["policy \"write\" on app.customers: check"],
    ),
    m(
        "comment on policy write on app.customers is 'other'",
        &["policy \"write\" on app.customers: comment"],
    ),
    m(
        "alter policy \"p \"\" on x\" on \"Odd \"\".Schema\".\"drop table\" using (\"a.b\" > 2)",
        &["policy \"p \" on x\" on Odd \".Schema.drop table: using"],
    ),
    // Triggers.
    m(
        "drop trigger touch on app.customers",
        &["-trigger touch on app.customers"],
    ),
    m(
        "create or replace trigger touch after insert or update of name, notes on app.customers for each row when (new.name <> '') execute function app.touch('a', 'b c')",
        &["trigger touch on app.customers: timing"],
    ),
    m(
        "create or replace trigger touch before insert or delete or update of name, notes on app.customers for each row execute function app.touch('a', 'b c')",
        &[
            "trigger touch on app.customers: events",
            "trigger touch on app.customers: when",
        ],
    ),
    m(
        "create or replace trigger touch before insert or update of name on app.customers for each row when (new.name <> '') execute function app.touch('a', 'b c')",
        &["trigger touch on app.customers: columns"],
    ),
    m(
        "create or replace trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> 'x') execute function app.touch('a', 'b c')",
        &["trigger touch on app.customers: when"],
    ),
    m(
        "create or replace trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> '') execute function app.touch('a', 'b', 'c')",
        &["trigger touch on app.customers: arguments"],
    ),
    m(
        "create function public.other() returns trigger language plpgsql as 'begin return new; end'; create or replace trigger touch before insert or update of name, notes on app.customers for each row when (new.name <> '') execute function public.other('a', 'b c')",
        &[
            "+function public.other()",
            "trigger touch on app.customers: function_schema",
            "trigger touch on app.customers: function_name",
        ],
    ),
    m(
        "drop trigger changed on app.customers; create trigger changed after update on app.customers for each row execute function app.touch()",
        &[
            "trigger changed on app.customers: level",
            "trigger changed on app.customers: old_table",
            "trigger changed on app.customers: new_table",
        ],
    ),
    m(
        "drop trigger changed on app.customers; create trigger changed after update on app.customers referencing old table as went new table as come for each statement execute function app.touch()",
        &["trigger changed on app.customers: old_table"],
    ),
    m(
        "drop trigger changed on app.customers; create trigger changed after update on app.customers referencing old table as gone new table as comes for each statement execute function app.touch()",
        &["trigger changed on app.customers: new_table"],
    ),
    m(
        "alter table app.customers disable trigger touch",
        &["trigger touch on app.customers: enabled"],
    ),
    m(
        "alter table app.customers enable replica trigger touch",
        &["trigger touch on app.customers: enabled"],
    ),
    m(
        "drop trigger later on app.bookings; create trigger later after insert on app.bookings for each row execute function app.touch(); alter table app.bookings enable always trigger later",
        &[
            "trigger later on app.bookings: constraint",
            "trigger later on app.bookings: deferrable",
            "trigger later on app.bookings: initially_deferred",
        ],
    ),
    m(
        "drop trigger later on app.bookings; create constraint trigger later after insert on app.bookings deferrable for each row execute function app.touch(); alter table app.bookings enable always trigger later",
        &["trigger later on app.bookings: initially_deferred"],
    ),
    m(
        "drop trigger every on app.orders; create trigger every after delete on app.orders_2026 for each row execute function app.touch()",
        &[
            "-trigger every on app.orders",
            "-trigger every on app.orders_rest",
            "trigger every on app.orders_2026: inherited",
        ],
    ),
    m(
        "comment on trigger touch on app.customers is 'other'",
        &["trigger touch on app.customers: comment"],
    ),
    // Rules.
    m(
        "drop rule quiet on app.bookings",
        &["-rule quiet on app.bookings"],
    ),
    m(
        "create or replace rule quiet as on update to app.bookings where old.room = 0 do instead nothing",
        &[
            "rule quiet on app.bookings: event",
            "rule quiet on app.bookings: definition",
        ],
    ),
    m(
        "create or replace rule quiet as on delete to app.bookings where old.room = 0 do also nothing",
        &[
            "rule quiet on app.bookings: instead",
            "rule quiet on app.bookings: definition",
        ],
    ),
    m(
        "create or replace rule quiet as on delete to app.bookings where old.room = 1 do instead nothing",
        &["rule quiet on app.bookings: definition"],
    ),
    m(
        "alter table app.bookings disable rule quiet",
        &["rule quiet on app.bookings: enabled"],
    ),
    m(
        "comment on rule quiet on app.bookings is 'other'",
        &["rule quiet on app.bookings: comment"],
    ),
    // Event triggers.
    m(
        "drop event trigger app_watch",
        &["-event trigger app_watch"],
    ),
    m(
        "drop event trigger app_watch; create event trigger app_watch on ddl_command_start when tag in ('CREATE VIEW', 'CREATE INDEX') execute function app.watch(); comment on event trigger app_watch is 'Watches'",
        &["event trigger app_watch: event"],
    ),
    m(
        "drop event trigger app_watch; create event trigger app_watch on ddl_command_end when tag in ('CREATE VIEW') execute function app.watch(); comment on event trigger app_watch is 'Watches'",
        &["event trigger app_watch: tags"],
    ),
    m(
        "create function public.other() returns event_trigger language plpgsql as 'begin end'; drop event trigger app_watch; create event trigger app_watch on ddl_command_end when tag in ('CREATE VIEW', 'CREATE INDEX') execute function public.other(); comment on event trigger app_watch is 'Watches'",
        &[
            "+function public.other()",
            "event trigger app_watch: function_schema",
            "event trigger app_watch: function_name",
        ],
    ),
    m(
        "alter event trigger app_watch disable",
        &["event trigger app_watch: enabled"],
    ),
    m(
        "create role super superuser; alter event trigger app_watch owner to super",
        &["+role super", "event trigger app_watch: owner"],
    ),
    m(
        "alter extension citext add event trigger app_watch",
        &["event trigger app_watch: extension"],
    ),
    m(
        "comment on event trigger app_watch is 'other'",
        &["event trigger app_watch: comment"],
    ),
];
