//! The server's certificate follows its files: a renewed one is used without a restart.

use std::sync::Arc;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{BuildError, TlsSection, read};
use crate::server::ServerCertificate;

const SETTING: &str = "tls.certificate_file";

/// A certificate and the files that it comes from.
pub struct WatchedCertificate {
    files: TlsSection,
    pem: Vec<u8>,
    certificate: ServerCertificate,
}

impl WatchedCertificate {
    pub(super) async fn load(files: TlsSection) -> Result<WatchedCertificate, BuildError> {
        if files.certificate_file.as_os_str().is_empty() {
            return Err(BuildError::Setting(format!(
                "{SETTING} must name a PEM file, as listen has an https address"
            )));
        }
        let pem = contents(&files).await?;
        let certificate = ServerCertificate::from_pem(&pem).map_err(unusable)?;
        Ok(WatchedCertificate {
            files,
            pem,
            certificate,
        })
    }

    /// What a listener needs. It presents the certificate that is current at each handshake.
    ///
    /// # Errors
    /// When the cryptography cannot be set up.
    pub fn config(&self) -> Result<Arc<rustls::ServerConfig>, BuildError> {
        self.certificate.config().map_err(unusable)
    }

    /// Looks at the files every `tls.reload_interval` until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.files.reload_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.refresh().await {
                Ok(true) => tracing::info!("the server certificate was renewed"),
                Ok(false) => {}
                // Certificate and key may be written one after the other; the next look finds both.
                Err(error) => tracing::warn!(%error, "the server certificate stays as it was"),
            }
        }
    }

    /// Takes what the files hold now; says whether it was something else.
    ///
    /// # Errors
    /// When they cannot be read or used. The certificate stays as it was.
    pub async fn refresh(&mut self) -> Result<bool, BuildError> {
        let pem = contents(&self.files).await?;
        if pem == self.pem {
            return Ok(false);
        }
        self.certificate.replace(&pem).map_err(unusable)?;
        self.pem = pem;
        Ok(true)
    }
}

async fn contents(files: &TlsSection) -> Result<Vec<u8>, BuildError> {
    let mut pem = read(SETTING, &files.certificate_file).await?;
    if !files.key_file.as_os_str().is_empty() {
        pem.push(b'\n');
        pem.extend(read("tls.key_file", &files.key_file).await?);
    }
    Ok(pem)
}

fn unusable(source: crate::server::TlsError) -> BuildError {
    BuildError::Certificate {
        setting: SETTING,
        source,
    }
}
