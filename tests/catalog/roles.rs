//! What a role may not read is unknown, with the reason, and never a failure.

use supaproof::catalog::{self, Catalog, Selection};

use super::{parsed, servers, support::Server};

fn read_as(server: &Server, role: &str) -> Catalog {
    let sql = format!(
        "begin;\nset local role {role};\n{};\n{};\nrollback",
        catalog::SETTINGS,
        catalog::query(&Selection::all())
    );
    parsed(
        server
            .json_as("supabase_admin", "postgres", &sql)
            .unwrap_or_else(|error| panic!("as {role}: {error}")),
    )
}

#[test]
fn everybody_reads_what_they_may_and_is_told_what_they_may_not() {
    for server in servers() {
        let all = read_as(&server, "supabase_admin");
        assert_eq!(all.buckets.known().unwrap().len(), 2);
        assert_eq!(all.cron_jobs.known().unwrap().len(), 2);
        assert_eq!(all.cron_jobs.known().unwrap()[0].command, "select '<&>'");
        assert_eq!(all.vault_secrets.known().unwrap().len(), 1);
        for role in [
            "supabase_read_only_user",
            "postgres",
            "service_role",
            "authenticated",
            "anon",
            "\"App Reader\"",
            "app_owner",
        ] {
            let seen = read_as(&server, role);
            // The catalogs of Postgres are open to all.
            assert_eq!(
                serde_json::to_value(&seen.tables).unwrap(),
                serde_json::to_value(&all.tables).unwrap()
            );
            assert_eq!(
                serde_json::to_value(&seen.functions).unwrap(),
                serde_json::to_value(&all.functions).unwrap()
            );
            assert_eq!(seen.inventory, all.inventory, "{role}");
        }
        let reader = read_as(&server, "supabase_read_only_user");
        assert_eq!(reader.buckets, all.buckets);
        assert_eq!(reader.cron_jobs, all.cron_jobs);
        assert_eq!(reader.vault_secrets, all.vault_secrets);

        let user = read_as(&server, "authenticated");
        assert_eq!(
            user.buckets.known().unwrap_err().to_string(),
            "row-level security hides buckets from the role authenticated"
        );
        assert_eq!(
            user.cron_jobs.known().unwrap_err().to_string(),
            "the role authenticated may not read cron.job"
        );
        assert_eq!(
            user.vault_secrets.known().unwrap_err().to_string(),
            "the role authenticated may not read vault.secrets"
        );
        let mapping = &user.user_mappings.known().unwrap()[0];
        assert_eq!(
            (mapping.role.as_str(), &mapping.options),
            ("App Reader", &None)
        );
        assert_eq!(
            read_as(&server, "\"App Reader\"")
                .user_mappings
                .known()
                .unwrap()[0]
                .options
                .as_ref()
                .unwrap()
                .len(),
            2
        );
    }
}

#[test]
fn what_is_not_installed_is_unknown_and_not_empty() {
    let server = servers().next().unwrap();
    let gone = super::read_after(
        &server,
        "delete from pg_extension where extname = 'pg_cron'; drop table vault.secrets cascade; drop schema storage cascade",
        &Selection::typed(),
    );
    assert_eq!(
        gone.cron_jobs.known().unwrap_err().to_string(),
        "the extension pg_cron is not installed"
    );
    assert_eq!(
        gone.vault_secrets.known().unwrap_err().to_string(),
        "there is no table vault.secrets"
    );
    assert_eq!(
        gone.buckets.known().unwrap_err().to_string(),
        "there is no table storage.buckets"
    );
}
