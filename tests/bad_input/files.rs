//! Projects whose files are not as they should be.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::Project;
use crate::transcript::{SECRET, Transcript, nobody};

const SETUP: (&str, &str) = ("sql/shop/001_first.sql", "create table orders (id int);\n");
const BACK: (&str, &str) = ("sql/shop/001_first.rollback.sql", "drop table orders;\n");
const YAML: (&str, &str) = ("validations/shop.yaml", "tables: {orders: {}}\n");

fn shop(more: &[(&str, &str)]) -> Project {
    Project::new(&[&[SETUP, BACK, YAML], more].concat())
}

#[test]
fn suites_that_are_not_there() {
    let mut transcript = Transcript::default();
    let target = nobody();
    let shop = shop(&[("validations/warehouse.yaml", "")]);
    let run = transcript.run(
        "a name nearly right",
        &shop,
        &["check", "shpo", "--target", &target],
        2,
    );
    transcript.expect(
        run.err.contains("did you mean `shop`?"),
        "the nearest name",
        &run,
    );
    transcript.run(
        "a name far from all",
        &shop,
        &["verify", "elephants", "--target", &target],
        2,
    );
    transcript.run(
        "a path instead of a name",
        &shop,
        &["check", "sql/shop", "--target", &target],
        2,
    );
    transcript.run(
        "a folder above",
        &shop,
        &["check", "..", "--target", &target],
        2,
    );
    transcript.run(
        "an empty name",
        &shop,
        &["check", "", "--target", &target],
        2,
    );
    transcript.run("a target instead of a name", &shop, &["check", &target], 2);
    let settings = format!("host=db password={SECRET}");
    transcript.run(
        "settings instead of a name",
        &shop,
        &["setup", &settings],
        2,
    );
    transcript.run(
        "which one to roll back",
        &shop,
        &["rollback", "--all", "--target", &target],
        2,
    );
    transcript.run(
        "not how far to roll back",
        &shop,
        &["rollback", "shop", "--target", &target],
        2,
    );
    transcript.run(
        "a version that is no number",
        &shop,
        &["rollback", "shop", "--to", "v1", "--target", &target],
        2,
    );
    let bare = Project::new(&[]);
    transcript.run(
        "a project without a suite",
        &bare,
        &["verify", "--target", &target],
        3,
    );
    transcript.run(
        "a name in a project without a suite",
        &bare,
        &["verify", "shop", "--target", &target],
        2,
    );
    fs::remove_dir(bare.path().join("sql")).unwrap();
    transcript.run("no project", &bare, &["check", "--target", &target], 2);
    transcript.run(
        "no such folder",
        &bare,
        &["check", "-C", "nowhere", "--target", &target],
        2,
    );
    transcript.accept("suites");
}

#[test]
fn migrations_that_do_not_fit_together() {
    let mut transcript = Transcript::default();
    let target = nobody();
    for (title, command, more) in [
        (
            "a missing rollback",
            "verify",
            &[("sql/shop/002_more.sql", "select 1;\n")][..],
        ),
        (
            "two files with one version",
            "setup",
            &[("sql/shop/1_other.sql", "select 1;\n")],
        ),
        (
            "two rollbacks with one version",
            "setup",
            &[("sql/shop/1_other.rollback.sql", "select 1;\n")],
        ),
        (
            "a rollback without its setup",
            "setup",
            &[("sql/shop/002_more.rollback.sql", "select 1;\n")],
        ),
        (
            "a rollback under another name",
            "setup",
            &[
                ("sql/shop/002_more.sql", "select 1;\n"),
                ("sql/shop/002_mroe.rollback.sql", "select 1;\n"),
            ],
        ),
        (
            "a file without a version",
            "setup",
            &[("sql/shop/more.sql", "select 1;\n")],
        ),
        (
            "a file with a version and no name",
            "setup",
            &[("sql/shop/002.sql", "select 1;\n")],
        ),
        (
            "another tool's names",
            "setup",
            &[("sql/shop/002_more.undo.sql", "select 1;\n")],
        ),
        (
            "a repeatable migration",
            "setup",
            &[("sql/shop/R__more.sql", "select 1;\n")],
        ),
        (
            "a rollback in a file and in a section",
            "setup",
            &[
                (
                    "sql/shop/002_more.sql",
                    "select 1;\n-- ROLLBACK:\n-- select 2;\n",
                ),
                ("sql/shop/002_more.down.sql", "select 1;\n"),
            ],
        ),
        (
            "a rollback of what is called irreversible",
            "setup",
            &[
                (
                    "sql/shop/002_more.sql",
                    "-- supaproof: irreversible: it deletes\nselect 1;\n",
                ),
                ("sql/shop/002_more.rollback.sql", "select 1;\n"),
            ],
        ),
        (
            "a proof over what is called irreversible",
            "verify",
            &[(
                "sql/shop/002_more.sql",
                "-- supaproof: irreversible: it deletes\nselect 1;\n",
            )],
        ),
        (
            "a directive that is nearly right",
            "setup",
            &[(
                "sql/shop/002_more.sql",
                "-- supaproof: dependz: 001\nselect 1;\n",
            )],
        ),
        (
            "a dependency that is not there",
            "setup",
            &[(
                "sql/shop/002_more.sql",
                "-- supaproof: depends: 003\nselect 1;\n",
            )],
        ),
        (
            "dependencies in a circle",
            "setup",
            &[
                (
                    "sql/shop/002_more.sql",
                    "-- supaproof: depends: 003\nselect 1;\n",
                ),
                (
                    "sql/shop/003_most.sql",
                    "-- supaproof: depends: 002\nselect 1;\n",
                ),
            ],
        ),
        (
            "markers in the wrong order",
            "setup",
            &[(
                "sql/shop/002_more.sql",
                "-- migrate:down\nselect 1;\n-- migrate:up\nselect 2;\n",
            )],
        ),
        (
            "an empty file",
            "setup",
            &[("sql/shop/002_more.sql", " \n")],
        ),
    ] {
        transcript.run(
            title,
            &shop(more),
            &[command, "shop", "--target", &target],
            2,
        );
    }
    for (title, text) in [
        (
            "a file that commits",
            "create table a ();\ncommit;\ncreate table b ();\n",
        ),
        (
            "a quote that is not closed",
            "create table a ();\ninsert into b values ('x);\n",
        ),
        (
            "a dollar quote that is not closed",
            "do $x$ begin null; end $$;\n",
        ),
        (
            "a comment that is not closed",
            "select 1;\n/* and /* so */ on\n",
        ),
        ("a NUL character", "select 1;\nselect '\0';\n"),
        ("a command of psql", "create table a ();\n\\i other.sql\n"),
        (
            "a command of psql in a rollback in comments",
            "create table a ();\n-- ROLLBACK:\n-- \\c shop;\n-- drop table a;\n",
        ),
        (
            "data for COPY",
            "create table a (x int);\ncopy a from stdin;\n1\n\\.\n",
        ),
    ] {
        let project = shop(&[("sql/shop/002_more.sql", text)]);
        let run = transcript.run(title, &project, &["setup", "shop", "--target", &target], 5);
        transcript.expect(run.err.contains("sql/shop/002_more.sql:"), title, &run);
    }
    transcript.accept("migrations");
}

#[test]
fn files_that_cannot_be_read() {
    let mut transcript = Transcript::default();
    let target = nobody();
    let check = ["check", "shop", "--target", &target];
    // The SQL of a suite is read where it runs: on a target that starts empty.
    let with_sql = ["check", "shop", "--target", "embedded"];
    for (title, path) in [
        ("expectations", "validations/shop.yaml"),
        ("a setup", "sql/shop/001_first.sql"),
        ("a rollback", "sql/shop/001_first.rollback.sql"),
    ] {
        let check: &[&str] = match path.starts_with("sql/") {
            true => &with_sql,
            false => &check,
        };
        let project = shop(&[]);
        let file = project.path().join(path);
        project.write(path, b"title: caf\xe9\n");
        transcript.run(&format!("{title} in Windows-1252"), &project, check, 2);
        project.write(path, b"\xff\xfet\0i\0");
        transcript.run(&format!("{title} in UTF-16"), &project, check, 2);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        transcript.run(&format!("{title} that is a folder"), &project, check, 2);
        fs::remove_dir(&file).unwrap();
        symlink("gone", &file).unwrap();
        transcript.run(
            &format!("{title} that is a link to nothing"),
            &project,
            check,
            2,
        );
        fs::remove_file(&file).unwrap();
        symlink(file.file_name().unwrap(), &file).unwrap();
        transcript.run(
            &format!("{title} that is a link to itself"),
            &project,
            check,
            2,
        );
        fs::remove_file(&file).unwrap();
        nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
        transcript.run(&format!("{title} that is a pipe"), &project, check, 2);
    }
    let twice = shop(&[("validations/shop.yml", "tables: {}\n")]);
    transcript.run("expectations in two files", &twice, &check, 2);
    let no_folder = shop(&[]);
    fs::remove_dir_all(no_folder.path().join("validations")).unwrap();
    no_folder.write("validations", b"");
    no_folder.write("supaproof.toml", b"");
    transcript.run("a file where a folder goes", &no_folder, &check, 2);
    transcript.accept("unreadable");
}

#[test]
fn a_file_that_may_not_be_read() {
    let project = shop(&[]);
    let file = project.path().join("sql/shop/001_first.sql");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        println!("skipped: root reads every file");
        return;
    }
    let run = project.run(["check", "shop", "--target", &nobody()]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.err,
        "error: cannot read sql/shop/001_first.sql: Permission denied (os error 13)\n"
    );
}
