//! What a worker asks, and where.

use crate::clock::duration_ns;
use crate::http::{Standard, Template};
use crate::net::Endpoint;
use crate::{Expectation, LoadError, Request, SessionConfig, Target};

/// What stays the same for all exchanges of a worker.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) endpoint: Endpoint,
    /// The bytes of the request.
    pub(crate) wire: Vec<u8>,
    pub(crate) answers_head: bool,
    pub(crate) expectation: Expectation,
    pub(crate) timeout_ns: u64,
    pub(crate) connect_timeout_ns: u64,
    /// The target in words.
    pub(crate) name: String,
}

impl Errand {
    /// What answers are held against.
    pub(super) fn standard<'a>(
        &'a self,
        template: Option<&'a Template>,
        keep: bool,
    ) -> Standard<'a> {
        Standard {
            template,
            body: self.expectation.body.as_deref(),
            keep,
        }
    }

    /// One for each address of the target.
    fn all(
        target: &Target,
        request: &Request,
        expectation: &Expectation,
        config: &SessionConfig,
    ) -> Result<Vec<Errand>, LoadError> {
        config.check()?;
        let wire = request.encode(target)?;
        let name = target.clone().with_path(&request.path).to_string();
        let endpoints = Endpoint::all(target.address()).map_err(|source| LoadError::Connect {
            target: name.clone(),
            source,
        })?;
        let errand = |endpoint| Errand {
            endpoint,
            wire: wire.clone(),
            answers_head: request.is_head(),
            expectation: expectation.clone(),
            timeout_ns: duration_ns(config.timeout),
            connect_timeout_ns: duration_ns(config.connect_timeout),
            name: name.clone(),
        };
        Ok(endpoints.into_iter().map(errand).collect())
    }

    /// The first whose address can be connected to. The connection is hung up again: it serves only to find out.
    pub(crate) fn choose(
        target: &Target,
        request: &Request,
        expectation: &Expectation,
        config: &SessionConfig,
    ) -> Result<Errand, LoadError> {
        let mut errands = Errand::all(target, request, expectation, config)?;
        let last = errands
            .pop()
            .ok_or_else(|| LoadError::Plan("the target has no address; check its host".into()))?;
        let reachable = errands
            .into_iter()
            .find(|errand| errand.endpoint.connect(errand.connect_timeout_ns).is_ok());
        Ok(reachable.unwrap_or(last))
    }
}
