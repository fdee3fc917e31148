//! Roles, and what the project's owner may do with them.

use supaproof::platform;
use tokio_postgres::Client;

use crate::cluster::{Cluster, done, one, refused};

pub(crate) async fn roles_are_as_on_supabase(admin: &Client, major: u32) {
    // s: superuser, i: inherit, r: createrole, d: createdb, l: login, p: replication, b: bypassrls
    for (role, attributes) in [
        ("anon", "i"),
        ("authenticated", "i"),
        ("service_role", "ib"),
        ("authenticator", "l"),
        ("postgres", "irdlpb"),
        ("supabase_admin", "sirdlpb"),
        ("supabase_auth_admin", "l"),
        ("supabase_storage_admin", "rl"),
        ("supabase_realtime_admin", "rlp"),
        ("supabase_replication_admin", "ilp"),
        ("supabase_etl_admin", "ilp"),
        ("supabase_read_only_user", "ilb"),
        ("supabase_superuser", "i"),
        ("dashboard_user", "irdp"),
        ("pgbouncer", "il"),
    ] {
        let sql = format!(
            "select concat(case when rolsuper then 's' end, case when rolinherit then 'i' end,
                case when rolcreaterole then 'r' end, case when rolcreatedb then 'd' end,
                case when rolcanlogin then 'l' end, case when rolreplication then 'p' end,
                case when rolbypassrls then 'b' end)
            from pg_roles where rolname = '{role}'"
        );
        assert_eq!(one(admin, &sql).await, attributes, "{role}");
    }

    // With the admin option (+) from 16 on, where CREATEROLE alone no longer suffices.
    let expected = if major >= 16 {
        "anon+ authenticated+ authenticator+ pg_create_subscription pg_monitor+ pg_read_all_data+ \
         pg_signal_backend+ service_role+ supabase_superuser"
    } else {
        "anon authenticated authenticator pg_monitor pg_read_all_data pg_signal_backend service_role \
         supabase_superuser"
    };
    let memberships = "select string_agg(name, ' ' order by name collate \"C\") from (
        select r.rolname || case when bool_or(m.admin_option) then '+' else '' end
        from pg_auth_members m join pg_roles r on r.oid = m.roleid
        where m.member = 'postgres'::regrole group by r.rolname) as of_postgres (name)";
    assert_eq!(one(admin, memberships).await, expected);
}

pub(crate) async fn settings_are_loaded_at_login(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    let path = "\"$user\", public, extensions";
    assert_eq!(one(&postgres, "show search_path").await, path);
    assert_eq!(one(&postgres, "show statement_timeout").await, "2min");
    let authenticator = cluster.connect("authenticator").await;
    assert_eq!(one(&authenticator, "show statement_timeout").await, "8s");
    assert_eq!(one(&authenticator, "show lock_timeout").await, "8s");
    assert_eq!(one(&authenticator, "show search_path").await, path);
    for (role, settings) in [
        ("anon", "{statement_timeout=3s}"),
        ("authenticated", "{statement_timeout=8s}"),
        ("service_role", "null"),
    ] {
        let sql = format!("select rolconfig::text from pg_roles where rolname = '{role}'");
        assert_eq!(one(&postgres, &sql).await, settings, "{role}");
    }
    done(
        &postgres,
        "alter role authenticator set pgrst.db_max_rows = '500'; alter role anon set statement_timeout = '4s';
        alter database postgres set timezone = 'UTC'; set local session_replication_role = replica",
    )
    .await;
    // As on Supabase since 2025: no settings of one's own making on roles and databases.
    let (code, _) = refused(
        &postgres,
        "alter database postgres set app.settings.jwt_secret = 'x'",
    )
    .await;
    assert_eq!(code, "42501");
}

pub(crate) async fn postgres_works_in_public(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    assert_eq!(one(&postgres, "show is_superuser").await, "off");
    done(
        &postgres,
        "create table public.notes (
            id uuid primary key default gen_random_uuid(),
            salt text default gen_salt('bf'), other uuid default uuid_generate_v4(),
            owner uuid references auth.users (id) on delete cascade
        );
        create function public.touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touch before update on public.notes for each row execute function public.touch();
        alter table public.notes enable row level security;
        create policy own on public.notes using (owner = auth.uid());
        alter policy own on public.notes using (owner = (select auth.uid()));
        drop policy own on public.notes;
        drop trigger touch on public.notes;
        insert into auth.users (id, email) values ('00000000-0000-0000-0000-000000000001', 'a@example.com');
        insert into public.notes (owner) values ('00000000-0000-0000-0000-000000000001');
        alter publication supabase_realtime add table public.notes;
        create extension citext; create schema app; create role app_owner; grant anon to app_owner;
        create view public.v as select * from public.notes; comment on table public.notes is 'n'",
    )
    .await;
}

pub(crate) async fn postgres_attaches_to_the_platforms_tables(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    let members = "select count(*) from pg_auth_members where member = 'postgres'::regrole";
    let before = one(&postgres, members).await;
    // Committed, because what was lent must be gone afterwards; the policies are dropped again.
    let sql = "begin;
        create policy uploads on storage.objects for insert to authenticated with check (bucket_id = 'a');
        alter policy uploads on storage.objects with check (bucket_id = 'b');
        create policy listen on realtime.messages for select to authenticated using (realtime.topic() = 'room');
        create policy own on auth.users using (id = auth.uid());
        create function public.greet() returns trigger language plpgsql as 'begin return new; end';
        create trigger on_auth_user_created after insert on auth.users for each row execute function public.greet();
        set local role postgres; create policy buckets on storage.buckets using (true);
        commit; begin;
        drop policy buckets on storage.buckets; drop policy uploads on storage.objects;
        drop policy if exists absent on storage.objects; drop policy listen on realtime.messages;
        drop policy own on auth.users; drop trigger on_auth_user_created on auth.users;
        drop trigger if exists absent on auth.users; drop function public.greet();
        commit";
    postgres.batch_execute(sql).await.unwrap();
    assert_eq!(one(&postgres, members).await, before);
}

pub(crate) async fn postgres_is_kept_out_of_the_platform(cluster: &Cluster, major: u32) {
    let postgres = cluster.connect(platform::LOGIN).await;
    for sql in [
        "create table auth.mine ()",
        "create table storage.mine ()",
        "create table realtime.mine ()",
        "create function auth.mine() returns int language sql as 'select 1'",
        "create index mine on auth.users (email)",
        "alter table auth.users add column mine int",
        "drop table storage.objects cascade",
        "alter table storage.objects disable row level security",
        "create policy mine on storage.migrations using (true)",
        "create policy mine on auth.schema_migrations using (true)",
        "create policy mine on vault.secrets using (true)",
        "create policy mine on storage.objects using (true); alter table storage.objects add column mine int",
        "create trigger mine before update on storage.migrations for each row
            execute function storage.update_updated_at_column()",
        "insert into vault.secrets (secret) values ('x')",
        "delete from auth.schema_migrations",
        "set role supabase_admin",
        "set role supabase_storage_admin",
        "create event trigger mine on ddl_command_end execute function extensions.supaproof_lift()",
        "grant supaproof_owner to postgres",
    ] {
        // On 15, CREATEROLE hands out any membership. What Supabase's supautils forbids of it is not stood in for.
        if sql.starts_with("grant") && major < 16 {
            continue;
        }
        let (code, message) = refused(&postgres, sql).await;
        assert_eq!(code, "42501", "{sql}: {message}");
    }
    let admin = cluster.connect(platform::SUPERUSER).await;
    for sql in [
        // What is lent to postgres is lent to nobody else,
        "set local role authenticated; create policy mine on storage.objects using (true)",
        "set local role service_role; create policy mine on storage.objects using (true)",
        // and for no other table of a service.
        "create trigger theirs before update on storage.migrations for each row
            execute function storage.update_updated_at_column();
        set local role postgres; drop trigger theirs on storage.migrations",
        "create policy theirs on storage.migrations using (true);
        set local role postgres; drop policy theirs on storage.migrations",
        "create policy theirs on storage.migrations using (true);
        set local role postgres; alter policy theirs on storage.migrations using (false)",
    ] {
        let (code, message) = refused(&admin, sql).await;
        assert_eq!(code, "42501", "{sql}: {message}");
    }
}
