//! No secret comes out, wherever it stands and whatever happens.

use std::path::Path;

use super::cluster::{Certificate, Cluster};
use super::echo::{Answer, Echo};
use super::refusing::{Does, Refusing};
use super::support::{Project, finished, supaproof};

/// What every secret holds.
const MARK: &str = "MARKEDbyUS0123456789";

/// The project of the tests: a suite, a configuration with a secret in it.
fn project() -> Project {
    Project::new(&[
        (
            "sql/shop/001_first.sql",
            "create table orders (id int primary key);",
        ),
        ("sql/shop/001_first.rollback.sql", "drop table orders;"),
        (
            "validations/shop.yaml",
            "tables: {orders: {columns: {id: int not null}}}\n",
        ),
    ])
}

fn token(claims: &str) -> String {
    // Any three parts will do: nobody looks at the signature.
    format!("eyJhbGciOiJIUzI1NiJ9.{claims}.{MARK}")
}

/// The way of which no password is known, with its doors named.
const LOGIN: &str = "a token for a login";

const COMMANDS: &[&[&str]] = &[
    &["doctor"],
    &["doctor", "--json"],
    &[
        "check",
        "-v",
        "--report",
        "json=report.json",
        "--report",
        "junit=report.xml",
        "--report",
        "pretty",
    ],
    &[
        "verify",
        "-v",
        "--yes",
        "--report",
        "json=report.json",
        "--report",
        "pretty",
    ],
    &["setup", "-v", "--yes"],
    &["rollback", "-v", "--yes", "--all"],
    &["status", "-v"],
    &["generate", "-v", "shop"],
    &["repair", "-v", "--yes"],
    &["baseline", "-v", "--yes", "001"],
    &["import", "-v", "--yes"],
    &["backup", "create", "-v"],
    &["backup", "restore", "-v", "--yes", "a.dump"],
    &["setup", "-v", "--yes", "--backup"],
    &["setup", "-v", "--dry-run", "--shadow"],
    &["bootstrap", "-v", "--yes"],
    &["bootstrap", "-v", "--yes", "shop"],
    &["bootstrap", "-v", "--yes", "--remove"],
];

/// Those that open no door.
const WITHOUT: &[&[&str]] = &[
    &["init", "more", "-v"],
    &["explain"],
    &["schema"],
    &["completions", "bash"],
    &["bootstrap", "--print-sql"],
    &["check", "--list"],
];

#[test]
fn no_secret_comes_out_of_any_command() {
    let secret_key = format!("sb_secret_{MARK}");
    let opaque = format!("{MARK}-of-no-known-form");
    let service = token("eyJyb2xlIjoic2VydmljZV9yb2xlIn0");
    let access = format!("sbp_{MARK}");
    let url =
        |port: u16| format!("postgresql://someone:{MARK}@127.0.0.1:{port}/app?application_name=x");
    let (mut runs, mut all, mut echoes) = (0, Vec::new(), Vec::new());
    let answers = [
        Answer::Refuse,
        Answer::Fail,
        Answer::Chat,
        Answer::Redirect(format!("http://127.0.0.1:1/{MARK}")),
        // What looks like a login and is none.
        Answer::Say(201, format!("{{\"role\": 5, \"password\": \"{MARK}\"}}")),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let echo = Echo::start(answer);
        let here = echo.url();
        for (name, env) in [
            ("a URL", vec![("SUPABASE_DB_URL", url(1))]),
            (
                "a server that is none",
                vec![(
                    "DATABASE_URL",
                    url(here.rsplit(':').next().unwrap().parse().unwrap()),
                )],
            ),
            (
                "a password",
                vec![
                    ("SUPABASE_PROJECT_REF", super::REFERENCE.to_owned()),
                    ("SUPABASE_DB_PASSWORD", MARK.to_owned()),
                    ("PGHOSTADDR", "127.0.0.1".to_owned()),
                ],
            ),
            (
                "a secret key",
                vec![
                    ("SUPABASE_URL", here.clone()),
                    ("SUPABASE_SECRET_KEY", secret_key.clone()),
                ],
            ),
            (
                "a key of no form",
                vec![
                    ("SUPABASE_URL", here.clone()),
                    ("SUPABASE_SECRET_KEY", opaque.clone()),
                ],
            ),
            (
                "a service key",
                vec![
                    ("SUPABASE_URL", here.clone()),
                    ("SUPABASE_SERVICE_ROLE_KEY", service.clone()),
                ],
            ),
            (
                "an access token",
                vec![
                    ("SUPABASE_PROJECT_REF", super::REFERENCE.to_owned()),
                    ("SUPABASE_ACCESS_TOKEN", access.clone()),
                    ("SUPAPROOF_MANAGEMENT_URL", here.clone()),
                ],
            ),
            (
                LOGIN,
                vec![
                    ("SUPABASE_PROJECT_REF", super::REFERENCE.to_owned()),
                    ("SUPABASE_ACCESS_TOKEN", access.clone()),
                    ("SUPAPROOF_MANAGEMENT_URL", here.clone()),
                ],
            ),
            (
                "a broken URL",
                vec![(
                    "SUPABASE_DB_URL",
                    format!("postgresql://someone:{MARK}@@{MARK}:x/y"),
                )],
            ),
            (
                "a key in a URL",
                vec![
                    ("SUPABASE_URL", format!("https://{MARK}@example.com")),
                    ("SUPABASE_SECRET_KEY", secret_key.clone()),
                ],
            ),
        ] {
            let asks = env.iter().any(|(_, value)| value.contains(&here));
            if !asks && number > 0 {
                // What is answered makes no difference.
                continue;
            }
            let jobs = COMMANDS.iter().map(|command| (*command, false));
            runs += jobs.len();
            let without = WITHOUT.iter().filter(|_| number == 0);
            let jobs = jobs.chain(without.map(|command| (*command, true)));
            all.extend(jobs.map(|(command, may_pass)| (name, env.clone(), command, may_pass)));
        }
        echoes.push(echo);
    }
    // They wait more than they work.
    let all = std::sync::Mutex::new(all.into_iter());
    let next = || all.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                while let Some((name, env, command, may_pass)) = next() {
                    says_nothing(name, &env, command, may_pass);
                }
            });
        }
    });
    assert_eq!(runs, (5 * 5 + 5) * COMMANDS.len());
}

/// Runs a command with these variables and looks for the mark in all that it leaves.
fn says_nothing(name: &str, env: &[(&str, String)], command: &[&str], may_pass: bool) {
    let project = project();
    let mut run = supaproof(project.path());
    run.args(command).envs(env.iter().cloned());
    if !may_pass {
        run.args(["--timeout", "5"]);
    }
    if name == LOGIN && !may_pass {
        run.args(["--door", "direct,session"]);
    }
    run.env("RUST_BACKTRACE", "full");
    let run = finished(run.output().unwrap());
    assert!(
        may_pass || run.code != 0,
        "{name}: {command:?} passed: {run:?}"
    );
    assert_ne!(run.code, 70, "{name}: {command:?}: {run:?}");
    for (place, text) in [("output", &run.out), ("errors", &run.err)] {
        assert!(!text.contains(MARK), "{name}: {command:?}, {place}\n{text}");
    }
    files_are_clean(project.path(), name);
}

/// Where a password stands: a name for it, variables, arguments, a file of the project.
type Source<'a> = (
    &'a str,
    Vec<(&'a str, String)>,
    Vec<String>,
    Option<(&'a str, String)>,
);

/// A server that is sent a password may say it again, wherever that came from.
#[test]
fn no_password_comes_out_that_a_server_repeats() {
    let server = Refusing::start(Does::Repeat);
    let port = server.port();
    let plain = format!("postgresql://someone@127.0.0.1:{port}/postgres");
    let with = format!("postgresql://someone:{MARK}@127.0.0.1:{port}/postgres");
    let words = format!("host=127.0.0.1 port={port} user=someone password='{MARK}'");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let passwords = file("passwords", format!("127.0.0.1:*:*:*:{MARK}\n"));
    let services = file(
        "services",
        format!("[shop]\nhost=127.0.0.1\nport={port}\nuser=someone\npassword={MARK}\n"),
    );
    let told = format!(
        "[targets.told]\nproject = \"{}\"\nurl = \"command:printf '%s' '{with}'\"\n",
        super::REFERENCE
    );
    let toml = |text: &str| ("supaproof.toml", text.to_owned());
    let sources: Vec<Source<'_>> = vec![
        (
            "a URL",
            vec![("SUPABASE_DB_URL", with.clone())],
            vec![],
            None,
        ),
        (
            "settings",
            vec![("DATABASE_URL", words.clone())],
            vec![],
            None,
        ),
        (
            "an argument",
            vec![],
            vec!["--target".to_owned(), with.clone()],
            None,
        ),
        (
            "settings as an argument",
            vec![],
            vec!["--target".to_owned(), words],
            None,
        ),
        (
            "PGPASSWORD",
            vec![
                ("DATABASE_URL", plain.clone()),
                ("PGPASSWORD", MARK.to_owned()),
            ],
            vec![],
            None,
        ),
        (
            "a password file",
            vec![("DATABASE_URL", plain), ("PGPASSFILE", passwords)],
            vec![],
            None,
        ),
        (
            "a service",
            vec![
                ("PGSERVICE", "shop".to_owned()),
                ("PGSERVICEFILE", services),
            ],
            vec![],
            None,
        ),
        (
            "a command",
            vec![],
            vec!["--target".to_owned(), "told".to_owned()],
            Some(toml(&told)),
        ),
        (
            "the target of the file",
            vec![],
            vec![],
            Some(toml(&format!("target = \"{with}\"\n"))),
        ),
    ];
    let mut sent = 0;
    for (name, env, arguments, file) in &sources {
        for command in COMMANDS {
            let project = project();
            if let Some((path, text)) = file {
                project.write(path, text.as_bytes());
            }
            let before = server.logins();
            let mut run = supaproof(project.path());
            run.args(*command).args(["--timeout", "5"]).args(arguments);
            let run = run.envs(env.iter().cloned()).output().unwrap();
            let run = finished(run);
            assert_ne!(run.code, 0, "{name}: {command:?}: {run:?}");
            let all = format!("{}{}", run.out, run.err);
            assert!(!all.contains(MARK), "{name}: {command:?}\n{all}");
            if server.logins() > before {
                sent += 1;
                assert!(all.contains("login u with … not known"), "{name}: {all}");
            }
            if file.is_none() {
                files_are_clean(project.path(), name);
            }
        }
    }
    // Not every command comes as far as a login: the files of a backup are missing before.
    assert!(sent >= sources.len() * (COMMANDS.len() - 3), "{sent}");
}

/// The same where the password is right and all goes well.
#[test]
fn no_secret_comes_out_where_the_door_opens() {
    let cluster = Cluster::start(Some(&Certificate::new()));
    let owner = format!(
        "create role shopkeeper superuser login password '{MARK}'; create database shop owner shopkeeper"
    );
    for statement in owner.split("; ") {
        admin(&cluster, statement);
    }
    let map = format!("{{\"default\": \"sb_secret_{MARK}\"}}");
    let url = format!(
        "postgresql://shopkeeper:{MARK}@127.0.0.1:{}/shop?sslmode=require",
        cluster.port
    );
    let project = project();
    project.write("sql/shop/seed.sql", b"-- nothing\n");
    let mut worked = 0;
    for command in COMMANDS {
        let mut run = supaproof(project.path());
        run.args(*command).env("DATABASE_URL", &url);
        run.env("SUPABASE_SECRET_KEYS", &map);
        let run = finished(run.output().unwrap());
        assert_ne!(run.code, 70, "{command:?}: {run:?}");
        worked += usize::from(run.code == 0);
        let all = format!("{}{}", run.out, run.err);
        assert!(!all.contains(MARK), "{command:?}\n{all}");
        assert!(!all.contains("no door"), "{command:?}\n{all}");
        files_are_clean(project.path(), "an open door");
    }
    assert!(worked >= 8, "{worked}");
}

/// Runs a statement as the superuser.
fn admin(cluster: &Cluster, statement: &str) {
    use supaproof::target::Target as _;
    use supaproof::target::postgres::{Limits, PostgresTarget, Settings};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let settings = Settings::socket(&cluster.dir, cluster.port, "trusted", "postgres");
        let limits = Limits {
            connect: std::time::Duration::from_secs(10),
            run: None,
        };
        let mut target = PostgresTarget::connect(&settings, limits, false)
            .await
            .unwrap();
        target.run(statement, &mut |_| {}).await.unwrap();
    });
}

/// Every command is among those that are run.
#[test]
fn no_command_is_forgotten() {
    use clap::CommandFactory as _;
    let cli = supaproof::cli::Cli::command();
    for command in cli.get_subcommands().map(clap::Command::get_name) {
        let run = COMMANDS
            .iter()
            .chain(WITHOUT)
            .any(|words| words[0] == command);
        assert!(run || command == "help", "{command}");
    }
}

#[test]
fn no_secret_of_a_file_comes_out() {
    for (file, text) in [
        (
            ".env",
            format!("SUPABASE_DB_URL=postgresql://someone:{MARK}@127.0.0.1:1/app\n"),
        ),
        (
            ".env",
            format!("SUPABASE_DB_PASSWORD='{MARK}\nSUPABASE_PROJECT_REF=x\n"),
        ),
        (
            "supaproof.toml",
            format!(
                "target = \"t\"\n[targets.t]\nurl = \"postgresql://someone:{MARK}@127.0.0.1:1/app\"\n"
            ),
        ),
        (
            "supaproof.toml",
            format!("target = \"t\"\n[targets.t]\nproject = 5\npassword = \"{MARK}\"\n"),
        ),
        (
            "supaproof.toml",
            format!("target = \"t\"\n[targets.t]\nsecret_key = \"{MARK}\nproject = \"x\"\n"),
        ),
        (
            "supaproof.toml",
            format!(
                "target = \"t\"\n[targets.t]\nproject = \"abcdefghijklmnopqrst\"\naccess_token = \"command:echo {MARK}; exit 3\"\n"
            ),
        ),
    ] {
        for command in COMMANDS {
            let project = project();
            project.write(file, text.as_bytes());
            let mut run = supaproof(project.path());
            run.args(*command).args(["--timeout", "5"]);
            let run = finished(run.output().unwrap());
            let all = format!("{}{}", run.out, run.err);
            assert!(!all.contains(MARK), "{text}\n{command:?}\n{all}");
        }
    }
}

/// What the program wrote.
fn files_are_clean(folder: &Path, name: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_are_clean(&path, name);
        } else {
            let text = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(MARK), "{name}: {}", path.display());
        }
    }
}
