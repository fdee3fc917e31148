//! Whether the server is the one that was meant, and what people read when it is not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use supaproof::target::Target;
use supaproof::target::postgres::{Limits, PostgresTarget, TlsMode};

use super::authority::{Authority, own_authority};
use super::cluster::{Certificate, Cluster, ENCODED};
use super::login::{encrypted, refusal};
use super::relay::Relay;
use super::server::{LIMITS, run, settings};

const ALWAYS: std::ops::Range<i32> = 2000..2100;

/// A server whose certificate is changed, and files of certificates.
struct Scene {
    server: Cluster,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(certificate: &Certificate) -> Self {
        Self {
            server: Cluster::start(Some(certificate)),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    fn url(&self, host: &str, mode: &str, roots: &Path) -> String {
        let port = self.server.port;
        let roots = roots.display();
        format!(
            "postgresql://postgres:{ENCODED}@{host}:{port}/postgres?sslmode={mode}&sslrootcert={roots}"
        )
    }

    async fn reason(&self, host: &str, mode: &str, roots: &Path) -> String {
        let (reason, sqlstate) = refusal(&self.url(host, mode, roots), LIMITS).await;
        assert_eq!(sqlstate, None);
        reason
    }

    async fn connects(&self, host: &str, mode: &str, roots: &Path) {
        assert_eq!(encrypted(&self.url(host, mode, roots)).await, true);
    }
}

#[tokio::test]
async fn a_certificate_is_checked() {
    let authority = Authority::new("ours");
    let ours = authority.vouch(&["localhost", "127.0.0.1"], ALWAYS);
    let scene = Scene::new(&ours);
    let root = scene.file("root.crt", &authority.pem());
    let other = Authority::new("theirs").pem();
    let wrong = scene.file("wrong.crt", &other);
    let both = scene.file("both.crt", &format!("# two\n{other}\n{}", authority.pem()));

    for mode in ["verify-ca", "verify-full"] {
        for host in ["127.0.0.1", "localhost"] {
            scene.connects(host, mode, &root).await;
            scene.connects(host, mode, &both).await;
        }
        assert_eq!(
            scene.reason("127.0.0.1", mode, &wrong).await,
            format!(
                "the server's certificate was signed by an authority whose certificate is not in {}",
                wrong.display()
            )
        );
    }
    // The same authority's name and another key.
    let forged = scene.file("forged.crt", &Authority::new("ours").pem());
    let reason = scene.reason("127.0.0.1", "verify-full", &forged).await;
    assert!(
        reason.contains("not signed by the authority") || reason.contains("not in"),
        "{reason}"
    );

    // A root without a mode, and a CA that is added.
    let bare = scene.url("127.0.0.1", "", &root).replace("sslmode=&", "");
    assert_eq!(settings(&bare).tls_mode(), TlsMode::VerifyFull);
    assert_eq!(encrypted(&bare).await, true);
    let plain = scene
        .url("127.0.0.1", "require", &root)
        .split_once("&sslrootcert")
        .unwrap()
        .0
        .to_owned();
    for (file, comes) in [(&root, true), (&wrong, false)] {
        let added = settings(&plain).with_ca(file).unwrap();
        assert_eq!(
            PostgresTarget::connect(&added, LIMITS, false).await.is_ok(),
            comes
        );
    }
    // With a root, `require` checks who signed, as in libpq.
    let reason = scene.reason("127.0.0.1", "require", &wrong).await;
    assert!(reason.contains("signed by an authority"), "{reason}");
    let (reason, _) = refusal(
        &scene.url("127.0.0.1", "verify-full", Path::new("/nowhere")),
        LIMITS,
    )
    .await;
    assert_eq!(
        reason,
        "sslmode=verify-full needs a root certificate, and there is no file /nowhere"
    );

    // A cancellation goes over a connection that is checked alike.
    let limits = Limits {
        run: Some(Duration::from_millis(500)),
        ..LIMITS
    };
    let url = scene.url("127.0.0.1", "verify-full", &root);
    let mut target = PostgresTarget::connect(&settings(&url), limits, false)
        .await
        .unwrap();
    let start = std::time::Instant::now();
    run(&mut target, "select pg_sleep(60)").await.1.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(target.canceller().is_some());
}

#[tokio::test]
async fn a_certificate_for_another_host() {
    let authority = Authority::new("ours");
    let scene = Scene::new(&authority.vouch(&["db.example.com", "*.example.org"], ALWAYS));
    let root = scene.file("root.crt", &authority.pem());
    scene.connects("127.0.0.1", "verify-ca", &root).await;
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(
            scene.reason(host, "verify-full", &root).await,
            format!(
                "the server's certificate is for db.example.com, *.example.org and not for {host}"
            )
        );
    }
    // hostaddr says where, host says who.
    for (host, comes) in [
        ("db.example.com", true),
        ("x.example.org", true),
        ("x.y.example.org", false),
    ] {
        let url = scene.url(host, "verify-full", &root) + "&hostaddr=127.0.0.1";
        let connected = PostgresTarget::connect(&settings(&url), LIMITS, false).await;
        assert_eq!(connected.is_ok(), comes, "{host}");
    }

    scene.server.present(&authority.vouch(&[], ALWAYS));
    assert_eq!(
        scene.reason("127.0.0.1", "verify-full", &root).await,
        "the server's certificate names no host, so it is not for 127.0.0.1"
    );
}

#[tokio::test]
async fn a_certificate_out_of_its_time() {
    let authority = Authority::new("ours");
    let hosts = ["127.0.0.1"];
    let scene = Scene::new(&authority.vouch(&hosts, 2001..2003));
    let root = scene.file("root.crt", &authority.pem());
    for mode in ["verify-ca", "verify-full"] {
        assert_eq!(
            scene.reason("127.0.0.1", mode, &root).await,
            "the server's certificate expired on 2003-01-01"
        );
    }
    scene.server.present(&authority.vouch(&hosts, 2090..2100));
    assert_eq!(
        scene.reason("127.0.0.1", "verify-ca", &root).await,
        "the server's certificate becomes valid only on 2090-01-01 (is this machine's clock right?)"
    );
    let require = format!("postgres:{ENCODED}");
    assert_eq!(
        encrypted(&scene.server.url(&require, "sslmode=require")).await,
        true
    );
}

#[tokio::test]
async fn a_chain_of_authorities() {
    let top = Authority::new("top");
    let middle = top.below("middle");
    let leaf = middle.vouch(&["127.0.0.1"], ALWAYS);
    let chain = Certificate {
        certificate: leaf.certificate.clone() + &middle.pem(),
        key: leaf.key.clone(),
    };
    let scene = Scene::new(&chain);
    let root = scene.file("root.crt", &top.pem());
    scene.connects("127.0.0.1", "verify-full", &root).await;
    // Without the one between, nobody knows whose word it is.
    scene.server.present(&leaf);
    let reason = scene.reason("127.0.0.1", "verify-full", &root).await;
    assert!(
        reason.contains("signed by an authority whose certificate is not in"),
        "{reason}"
    );
    let middle = scene.file("middle.crt", &middle.pem());
    scene.connects("127.0.0.1", "verify-full", &middle).await;
}

/// The Postgres manual's quickest way to TLS: one certificate, which signed itself.
#[tokio::test]
async fn a_certificate_that_is_its_own_root() {
    let own = own_authority(&["127.0.0.1"]);
    let scene = Scene::new(&own);
    let root = scene.file("root.crt", &own.certificate);
    scene.connects("127.0.0.1", "verify-full", &root).await;
    let reason = scene.reason("localhost", "verify-full", &root).await;
    assert!(
        reason.contains("is for 127.0.0.1 and not for localhost"),
        "{reason}"
    );
    let other = scene.file("other.crt", &own_authority(&["127.0.0.1"]).certificate);
    let reason = scene.reason("127.0.0.1", "verify-full", &other).await;
    assert!(reason.contains("an authority's own (CA:TRUE)"), "{reason}");
}

/// The program itself: SSL_CERT_FILE says what this machine trusts, where that is a matter of files.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_authorities_of_this_machine() {
    let authority = Authority::new("ours");
    let scene = Scene::new(&authority.vouch(&["127.0.0.1"], ALWAYS));
    let project = scene.folder.path().join("project");
    for folder in ["sql/shop", "validations"] {
        std::fs::create_dir_all(project.join(folder)).unwrap();
    }
    std::fs::write(project.join("sql/shop/001_first.sql"), "select 1;").unwrap();
    let trusting = |root: &Path| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_supaproof"));
        command
            .current_dir(&project)
            .env_clear()
            .env("SSL_CERT_FILE", root)
            .args(["status", "--target"])
            .arg(scene.url("127.0.0.1", "verify-full", Path::new("system")));
        let output = command.output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let wrong = scene.file("wrong.crt", &Authority::new("theirs").pem());
    let said = trusting(&wrong);
    assert!(
        said.contains("signed by an authority that this machine does not trust"),
        "{said}"
    );
    let right = scene.file("right.crt", &authority.pem());
    let said = trusting(&right);
    assert!(
        !said.contains("certificate") && !said.contains("connect"),
        "{said}"
    );
}

/// Without TLS nothing is said but the question for it, and that once.
#[tokio::test]
async fn a_refusal_of_tls_is_the_end() {
    let server = Cluster::start(None);
    let relay = Relay::to(server.port).await;
    let url = format!(
        "postgresql://postgres:{ENCODED}@127.0.0.1:{}/postgres?sslmode=require",
        relay.port
    );
    let (reason, _) = refusal(&url, LIMITS).await;
    assert_eq!(
        reason,
        "the server does not support TLS, and sslmode=require is in force"
    );
    assert_eq!(
        (relay.messages().as_str(), relay.received().as_slice()),
        ("!", &b"N"[..])
    );
}
