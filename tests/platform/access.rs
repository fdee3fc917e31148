//! Who is calling, and what they get to see.

use supaproof::platform;

use crate::cluster::{Cluster, done, one, refused, rolled_back};

const WHO: &str =
    "select concat_ws('|', coalesce(auth.uid()::text, '-'), coalesce(auth.role(), '-'),
    coalesce(auth.email(), '-'), coalesce(auth.jwt() ->> 'aud', '-'), current_user)";
const ANN: &str = "00000000-0000-0000-0000-00000000000a";
const BOB: &str = "00000000-0000-0000-0000-00000000000b";

pub(crate) async fn claims_say_who_is_calling(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    assert_eq!(one(&postgres, WHO).await, "-|-|-|-|postgres");
    for role in ["anon", "authenticated", "service_role"] {
        let claims = format!(
            r#"{{"sub": "{ANN}", "role": "{role}", "email": "ann@example.com", "aud": "x"}}"#
        );
        let become_ann =
            format!("set local request.jwt.claims = '{claims}'; set local role {role};");
        let ann = format!("{ANN}|{role}|ann@example.com|x|{role}");
        assert_eq!(
            rolled_back(&postgres, &format!("{become_ann} {WHO}")).await,
            ann
        );

        // The older settings win, and do nothing where they are empty.
        let legacy = format!(
            "set local request.jwt.claim.sub = '{BOB}'; set local request.jwt.claim.role = 'bob';"
        );
        let bob = format!("{BOB}|bob|ann@example.com|x|{role}");
        assert_eq!(
            rolled_back(&postgres, &format!("{become_ann} {legacy} {WHO}")).await,
            bob
        );
        let empty = "set local request.jwt.claim.sub = ''; set local request.jwt.claim.role = '';
            set local request.jwt.claim.email = ''; set local request.jwt.claim = '';";
        assert_eq!(
            rolled_back(&postgres, &format!("{become_ann} {empty} {WHO}")).await,
            ann
        );
    }
    // After a transaction that set them, the claims read as '' in this session, and '' is no JSON.
    assert_eq!(
        one(
            &postgres,
            "select current_setting('request.jwt.claims', true)"
        )
        .await,
        ""
    );
    assert_eq!(one(&postgres, WHO).await, "-|-|-|-|postgres");
    // The Data API's login becomes them too.
    let authenticator = cluster.connect("authenticator").await;
    assert_eq!(
        rolled_back(&authenticator, &format!("set local role anon; {WHO}")).await,
        "-|-|-|-|anon"
    );
}

pub(crate) async fn default_privileges_are_those_of_an_existing_project(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    let made = "create table public.t (id serial); create function public.f() returns int language sql as 'select 1';";
    for role in ["anon", "authenticated", "service_role"] {
        let sql = format!(
            "{made} select string_agg(privilege_type, ' ' order by privilege_type) from (
                select privilege_type from pg_class, aclexplode(relacl)
                where oid = 'public.t'::regclass and grantee = '{role}'::regrole and privilege_type <> 'MAINTAIN'
                union all select 'seq-' || privilege_type from pg_class, aclexplode(relacl)
                where oid = 'public.t_id_seq'::regclass and grantee = '{role}'::regrole
                union all select privilege_type from pg_proc, aclexplode(proacl)
                where oid = 'public.f()'::regprocedure and grantee = '{role}'::regrole
            ) as granted"
        );
        let all = "DELETE EXECUTE INSERT REFERENCES SELECT TRIGGER TRUNCATE UPDATE seq-SELECT seq-UPDATE seq-USAGE";
        assert_eq!(rolled_back(&postgres, &sql).await, all, "{role}");
    }
    // In a schema of the user's own, nobody gets anything.
    let sql = "create schema app; create table app.t (); select has_table_privilege('anon', 'app.t', 'select')";
    assert_eq!(rolled_back(&postgres, sql).await, "f");
}

pub(crate) async fn row_level_security_hides_the_services_tables(cluster: &Cluster) {
    let postgres = cluster.connect(platform::LOGIN).await;
    let open = "select count(*) filter (where relrowsecurity) > 15 and bool_and(relrowsecurity) from pg_class
        where relnamespace in ('auth'::regnamespace, 'storage'::regnamespace) and relkind = 'r'";
    assert_eq!(one(&postgres, open).await, "t");
    let (code, message) = refused(&postgres, "set local role anon; select from auth.users").await;
    assert!(
        code == "42501" && message.contains("permission denied"),
        "{code} {message}"
    );
    let bucket = "insert into storage.buckets (id, name) values ('a', 'a');";
    let sql =
        format!("{bucket} set local role authenticated; select count(*) from storage.buckets");
    assert_eq!(rolled_back(&postgres, &sql).await, "0");
    let object = "insert into storage.objects (bucket_id, name) values ('a', 'x')";
    let (code, message) = refused(
        &postgres,
        &format!("{bucket} set local role anon; {object}"),
    )
    .await;
    assert!(
        code == "42501" && message.contains("row-level security"),
        "{code} {message}"
    );
    done(
        &postgres,
        &format!("{bucket} set local role service_role; {object}"),
    )
    .await;
}
