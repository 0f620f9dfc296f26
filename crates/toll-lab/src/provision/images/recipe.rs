//! What an image is to be: its name, which is a digest of everything in it, and its labels.

use std::collections::BTreeMap;

use crate::containers::{IMAGE, SUBJECT};
use crate::provision::install::digest;
use crate::provision::provisioner::EnvironmentRequest;
use crate::provision::resolution::Resolution;

use super::base::Base;

/// Part of every name: a change in how images are built makes new ones.
const FORMAT: &str = "1";

/// An image of ours.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// Digest of what is in it.
    pub(super) digest: String,
    /// Its name.
    pub(super) tag: String,
    pub(super) labels: BTreeMap<String, String>,
    /// For whom it is built.
    pub(super) label: String,
}

impl Recipe {
    /// The image of an environment.
    pub(super) fn environment(
        base: &Base,
        request: &EnvironmentRequest,
        resolution: &Resolution,
    ) -> Self {
        let server = request.server.join("\n");
        let digest = digest(&[
            FORMAT,
            &base.image.id,
            &request.interpreter.path,
            &server,
            &resolution.text,
        ]);
        Self::new(
            "environment",
            digest,
            &request.label,
            &resolution.distributions(),
        )
    }

    /// The image below it: the server with all that it needs.
    pub(super) fn server(base: &Base, request: &EnvironmentRequest, lock: &[String]) -> Self {
        let digest = digest(&[
            FORMAT,
            &base.image.id,
            &request.interpreter.path,
            &lock.join("\n"),
        ]);
        let label = request.server.join(" ");
        Self::new("base", digest, &label, lock)
    }

    fn new(kind: &str, digest: String, label: &str, lock: &[String]) -> Self {
        let labels = [
            (IMAGE, kind.to_owned()),
            (SUBJECT, label.to_owned()),
            ("org.asgi-toll.lock", lock.join(" ")),
        ];
        Self {
            tag: format!("asgi-toll/{kind}:{digest}"),
            digest,
            labels: labels
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            label: label.to_owned(),
        }
    }
}

/// A Dockerfile that puts the folder `site` of its context where a Python looks for distributions.
pub(super) fn dockerfile(from: &str, site: &str) -> String {
    format!("FROM {from}\nCOPY [\"site/\", \"{site}/\"]\n")
}
