//! The platform's scripts and facts, on real clusters: one for each major that the machine has.
//!
//! Postgres is looked for where Debian puts it and in `SUPAPROOF_TEST_POSTGRES_BINS` (folders with `initdb` and
//! `postgres`, colon-separated). A major that is not there is skipped, and said to be.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::expect_used, reason = "a test may panic")]
#![expect(clippy::print_stderr, reason = "a skip says why")]

use std::time::Duration;

use supaproof::platform;

use crate::cluster::Cluster;
use crate::programs::of_major;

mod access;
mod cluster;
mod known;
#[path = "../support/programs.rs"]
mod programs;
mod roles;
mod services;

const MAJORS: [u32; 4] = [15, 16, 17, 18];

#[test]
fn on_postgres_15() {
    on_major(15);
}

#[test]
fn on_postgres_16() {
    on_major(16);
}

#[test]
fn on_postgres_17() {
    on_major(17);
}

#[test]
fn on_postgres_18() {
    on_major(18);
}

#[test]
fn at_least_one_major_is_there() {
    let found: Vec<u32> = MAJORS
        .into_iter()
        .filter(|major| of_major(*major).is_some())
        .collect();
    eprintln!("Postgres majors found: {found:?}");
    assert!(
        !found.is_empty(),
        "no Postgres found: install one, or set SUPAPROOF_TEST_POSTGRES_BINS"
    );
}

fn on_major(major: u32) {
    let Some(bin) = of_major(major) else {
        eprintln!(
            "skipped: no Postgres {major} found; SUPAPROOF_TEST_POSTGRES_BINS may name its folder"
        );
        return;
    };
    let cluster = Cluster::start(&bin);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(120), everything(&cluster, major))
            .await
            .expect("done within two minutes");
    });
}

async fn everything(cluster: &Cluster, major: u32) {
    let admin = cluster.connect(platform::SUPERUSER).await;
    for script in platform::SCRIPTS {
        if let Err(error) = admin.batch_execute(script.sql).await {
            panic!("{}: {error:?}", script.name);
        }
    }
    known::all_is_known_to_the_facts(&admin).await;
    known::all_that_is_always_there_is_there(&admin).await;
    roles::roles_are_as_on_supabase(&admin, major).await;
    roles::settings_are_loaded_at_login(cluster).await;
    roles::postgres_works_in_public(cluster).await;
    roles::postgres_attaches_to_the_platforms_tables(cluster).await;
    roles::postgres_is_kept_out_of_the_platform(cluster, major).await;
    access::claims_say_who_is_calling(cluster).await;
    access::default_privileges_are_those_of_an_existing_project(cluster).await;
    access::row_level_security_hides_the_services_tables(cluster).await;
    services::storage_answers(cluster).await;
    services::realtime_takes_messages(cluster).await;
    services::vault_and_graphql_stand_in(cluster).await;
    services::archon_applies_and_rolls_back(cluster).await;
    drop(admin);
    services::a_database_made_from_the_first_works(cluster).await;
}
