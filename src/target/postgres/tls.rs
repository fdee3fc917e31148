//! TLS as `sslmode` asks for it.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::any_certificate::AnyCertificate;
use super::authorities;
use super::security::{Roots, TlsMode};
use super::settings::Settings;

/// A connector for any number of connections, or why there can be none.
pub(super) fn connector(settings: &Settings) -> Result<MakeRustlsConnect, String> {
    let mut provider = ring::default_provider();
    // Servers up to Postgres 17 accept P-256 only (`ssl_ecdh_curve`); offering it first saves the round trip in which they
    // would say so.
    let p256 = ring::kx_group::SECP256R1;
    provider
        .kx_groups
        .sort_by_key(|group| group.name() != p256.name());
    let provider = Arc::new(provider);
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(settings, provider)?)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn verifier(
    settings: &Settings,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let mode = settings.tls_mode();
    if mode < TlsMode::VerifyCa {
        return Ok(Arc::new(AnyCertificate { provider }));
    }
    match settings.roots() {
        Some(Roots::File(file)) => authorities::in_file(&file, mode, provider),
        Some(Roots::System) => authorities::of_the_system(provider),
        None => Err(format!(
            "sslmode={mode} checks the server's certificate, and no root certificate is given to check it with"
        )),
    }
}
