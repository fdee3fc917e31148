//! What stands where the services are, and the suite archon-workflow on top.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use supaproof::platform;

use crate::cluster::{Cluster, done, one, refused, rolled_back, rows};
use crate::known::OBJECTS;

pub(crate) async fn storage_answers(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    let helpers = "select concat_ws('|', storage.foldername('a/b/c.tar.gz'), storage.filename('a/b/c.tar.gz'),
        storage.extension('a/b/c.tar.gz'), storage.foldername('c'), storage.allow_only_operation('object.list'))";
    assert_eq!(one(&postgres, helpers).await, "{a,b}|c.tar.gz|gz|{}|f");
    let operation = "set local storage.operation = 'storage.object.list'; select concat_ws('|',
        storage.operation(), storage.allow_only_operation('object.list'), storage.allow_only_operation(''),
        storage.allow_any_operation(array['object.get', 'storage.object.list']))";
    assert_eq!(
        rolled_back(&postgres, operation).await,
        "storage.object.list|t|f|t"
    );
    for table in ["objects", "buckets"] {
        let sql = format!("delete from storage.{table}");
        let (code, message) = refused(&postgres, &sql).await;
        assert!(
            code == "42501" && message.contains("Direct deletion"),
            "{code} {message}"
        );
        done(
            &postgres,
            &format!("set local storage.allow_delete_query = 'true'; {sql}"),
        )
        .await;
    }
}

pub(crate) async fn realtime_takes_messages(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    done(
        &postgres,
        "insert into realtime.messages (topic, extension) values ('room', 'broadcast')",
    )
    .await;
    let sent = r#"select realtime.send('{"a": 1}', 'hello', 'room');
        select concat_ws('|', topic, event, private, payload ->> 'a', payload ? 'id') from realtime.messages"#;
    assert_eq!(rolled_back(&postgres, sent).await, "room|hello|t|1|t");
    let changed = "create table public.t (a int);
        create function public.tell() returns trigger language plpgsql as $$ begin
            perform realtime.broadcast_changes('room', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
            return null; end $$;
        create trigger tell after insert or update on public.t for each row execute function public.tell();
        insert into public.t values (7); select payload #>> '{record,a}' from realtime.messages";
    assert_eq!(rolled_back(&postgres, changed).await, "7");
    let tables = "select count(*) from pg_publication_tables where pubname = 'supabase_realtime'";
    assert_eq!(one(&postgres, tables).await, "0");
}

pub(crate) async fn vault_and_graphql_stand_in(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    let sql = "select vault.create_secret('s3cret', 'key'); select vault.update_secret(id, 'n3w') from vault.secrets;
        select name || '=' || decrypted_secret from vault.decrypted_secrets";
    assert_eq!(rolled_back(&postgres, sql).await, "key=n3w");
    let (code, _) = refused(
        &postgres,
        "set local role authenticated; select vault.create_secret('x')",
    )
    .await;
    assert_eq!(code, "42501");
    let graphql = "set local role anon; select graphql_public.graphql(query := '{a}') #>> '{errors,0,message}'";
    assert_eq!(
        rolled_back(&postgres, graphql).await,
        "pg_graphql extension is not enabled."
    );
}

pub(crate) async fn a_database_made_from_the_first_works(cluster: &Cluster) {
    let elsewhere = cluster.connect_to(platform::SUPERUSER, "template1").await;
    let until = Instant::now() + Duration::from_secs(20);
    // The sessions of the tests before need a moment to be gone.
    while let Err(error) = elsewhere
        .batch_execute("create database copy template postgres owner postgres")
        .await
    {
        assert!(Instant::now() < until, "{error:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let postgres = cluster.connect_to(platform::LOGIN, "copy").await;
    assert_eq!(
        one(&postgres, "show search_path").await,
        "\"$user\", public, extensions"
    );
    done(
        &postgres,
        "create table public.t (); create schema app; create extension citext;
        create policy p on storage.objects using (true); alter publication supabase_realtime add table public.t",
    )
    .await;
}

pub(crate) async fn archon_applies_and_rolls_back(cluster: &Cluster) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/archon-workflow");
    let postgres = cluster.connect(platform::LOGIN).await;
    let apply = async |file: &str| {
        let sql = fs::read_to_string(folder.join(file)).unwrap();
        if let Err(error) = postgres
            .batch_execute(&format!("begin; {sql}\n; commit"))
            .await
        {
            panic!("{file}: {error:?}");
        }
    };
    let before = rows(&postgres, OBJECTS).await;
    for _ in 0..2 {
        apply("001_complete_setup.sql").await;
        apply("002_add_workflow_system.sql").await;
        // Tables with row-level security, indexes, policies, triggers, constraints (18 adds those for not null), comments.
        let counts = "select concat_ws(' ',
            (select count(*) from pg_class where relname like 'archon_workflow%' and relkind = 'r' and relrowsecurity),
            (select count(*) from pg_indexes where schemaname = 'public' and indexname like 'idx_archon_workflow%'),
            (select count(*) from pg_policies where tablename like 'archon_workflow%'),
            (select count(*) from pg_trigger
                where tgrelid::regclass::text like 'archon_workflow%' and not tgisinternal),
            (select count(*) from pg_constraint
                where conrelid::regclass::text like 'archon_workflow%' and contype <> 'n'),
            (select count(*) from pg_class where relname like 'archon_workflow%' and relkind = 'r'
                and obj_description(oid, 'pg_class') is not null))";
        assert_eq!(one(&postgres, counts).await, "4 13 8 3 23 4");
        let insert = "insert into public.archon_workflow_templates (name, title) values ('a', 'A')";
        let (code, _) = refused(&postgres, &format!("set local role anon; {insert}")).await;
        assert_eq!(code, "42501");
        let seen = format!(
            "set local role service_role; {insert}; set local role anon;
            select count(*) from public.archon_workflow_templates"
        );
        assert_eq!(rolled_back(&postgres, &seen).await, "1");
        apply("002_add_workflow_system.rollback.sql").await;
        apply("001_complete_setup.rollback.sql").await;
        assert_eq!(rows(&postgres, OBJECTS).await, before);
    }
    // A rollback without its setup fails, rather than pass over it.
    let sql = fs::read_to_string(folder.join("002_add_workflow_system.rollback.sql")).unwrap();
    assert_eq!(refused(&postgres, &sql).await.0, "42P01");
}
