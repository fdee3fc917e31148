//! A target that nobody named is shown with what named it.

use super::support::{Project, Run, Server, finished, supaproof};

fn run(project: &Project, env: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = supaproof(project.path());
    command.args(args).envs(env.iter().copied());
    finished(command.output().unwrap())
}

#[test]
fn the_question_says_which_variable_the_target_comes_from() {
    let server = Server::start();
    let socket = server.socket();
    let folder = socket.parent().unwrap().to_str().unwrap();
    let port = socket.extension().unwrap().to_str().unwrap();
    let url = format!("postgresql:///postgres?host={folder}&port={port}&user=postgres");
    let place = format!("postgres@{folder}:{port}/postgres");
    let project = Project::new(&[(
        "sql/shop/001_orders.sql",
        "create table orders (id int primary key);",
    )]);
    let setup = ["setup", "shop", "-v"];

    // In the environment, and in a file.
    let asked = run(&project, &[("DATABASE_URL", &url)], &setup);
    assert_eq!(asked.code, 2, "{asked:?}");
    let shown = format!("{place} (DATABASE_URL)");
    for wanted in [
        format!("connecting to {shown}\n"),
        format!("connected to {shown}\n"),
        format!("Apply 001_orders of shop to {shown}?"),
    ] {
        assert!(asked.err.contains(&wanted), "{wanted}: {asked:?}");
    }
    project.write(".env", format!("DATABASE_URL={url}").as_bytes());
    let asked = run(&project, &[], &setup);
    let shown = format!("{place} (DATABASE_URL in .env)");
    assert!(asked.err.contains(&format!("to {shown}?")), "{asked:?}");
    let status = run(&project, &[], &["status"]);
    assert!(
        status.err.contains(&format!("target: {shown}\n")),
        "{status:?}"
    );

    // Whoever names it knows it; and a file is read by others, who have other variables.
    let named = run(&project, &[], &[&setup[..], &["--target", &url]].concat());
    assert!(named.err.contains(&format!("to {place}?")), "{named:?}");
    server.sql("postgres", "create table there (id int)");
    let written = run(&project, &[], &["generate", "--schema", "public"]);
    assert!(
        written.out.contains(&format!(" from {place}. It is yours")),
        "{written:?}"
    );
}

#[test]
fn a_service_and_a_password_file_are_a_way_in() {
    let server = Server::start();
    let socket = server.socket();
    let folder = socket.parent().unwrap().to_str().unwrap();
    let port = socket.extension().unwrap().to_str().unwrap();
    let place = format!("postgres@{folder}:{port}/postgres");
    let project = Project::new(&[
        ("sql/shop/001_orders.sql", "create table orders (id int);"),
        (
            "services",
            &format!("[it's mine]\nhost={folder}\nport={port}\nuser=postgres\ndbname=postgres\n"),
        ),
        ("passwords", "*:*:*:*:hunter2\n"),
        ("supabase/.temp/project-ref", super::REFERENCE),
    ]);
    let of = |name: &str| project.path().join(name).to_str().unwrap().to_owned();
    let passwords = of("passwords");
    std::fs::set_permissions(
        &passwords,
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let services = of("services");
    let env = [
        ("PGSERVICE", "it's mine"),
        ("PGSERVICEFILE", services.as_str()),
        ("PGPASSFILE", &passwords),
    ];
    let status = run(&project, &env, &["status"]);
    assert!(
        status
            .err
            .contains(&format!("target: {place} (PGSERVICE)\n")),
        "{status:?}"
    );
    // `doctor` says where the password comes from, and nothing of it.
    let doctor = super::doctor(&project, &env, &[]);
    super::says(
        &doctor,
        &[
            &format!("good database: {place} ← PGSERVICE"),
            &format!("good password: set ← the password file {passwords}"),
        ],
    );
    assert!(!doctor.out.contains("hunter2") && !doctor.out.contains(super::REFERENCE));

    // Whatever names a database for this project comes before it.
    let url = format!("postgresql:///template1?host={folder}&port={port}&user=postgres");
    let both = [&env[..], &[("DATABASE_URL", url.as_str())]].concat();
    let status = run(&project, &both, &["status"]);
    let shown = format!("target: postgres@{folder}:{port}/template1 (DATABASE_URL)\n");
    assert!(status.err.contains(&shown), "{status:?}");
}
