//! What a worker asks, and where.

use crate::clock::duration_ns;
use crate::http::{Standard, Template};
use crate::net::Endpoint;
use crate::websocket::{SWITCHING_PROTOCOLS, message, opening_request};
use crate::{Expectation, LoadError, Protocol, Request, SessionConfig, Target};

/// One request as it goes out, and what its answer is held against.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The bytes of the request or message.
    pub(crate) wire: Vec<u8>,
    pub(crate) answers_head: bool,
    /// The expected body.
    body: Option<Vec<u8>>,
    date_matters: bool,
}

impl Ask {
    fn of_request(
        request: &Request,
        target: &Target,
        expectation: &Expectation,
    ) -> Result<Ask, LoadError> {
        Ok(Ask {
            wire: request.encode(target)?,
            answers_head: request.is_head(),
            body: expectation.body.clone(),
            date_matters: expectation.names("date"),
        })
    }

    fn of_message(request: &Request, expectation: &Expectation) -> Ask {
        let echo = || request.body.clone();
        Ask {
            wire: message(&request.body),
            answers_head: false,
            body: Some(expectation.body.clone().unwrap_or_else(echo)),
            date_matters: false,
        }
    }

    /// What answers are held against.
    pub(super) fn standard<'a>(
        &'a self,
        template: Option<&'a Template>,
        keep: bool,
    ) -> Standard<'a> {
        Standard {
            template,
            body: self.body.as_deref(),
            date_matters: self.date_matters,
            answers_head: self.answers_head,
            keep,
        }
    }
}

/// What stays the same for all exchanges of a worker.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) endpoint: Endpoint,
    pub(crate) protocol: Protocol,
    /// What is sent on a new connection before anything else.
    pub(crate) opening: Option<Vec<u8>>,
    /// The requests, sent in turn. There is at least one.
    pub(crate) asks: Vec<Ask>,
    pub(crate) expectation: Expectation,
    pub(crate) timeout_ns: u64,
    pub(crate) connect_timeout_ns: u64,
    /// The target in words.
    pub(crate) name: String,
}

/// What is asked for, before it is known whether it can be had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) target: &'a Target,
    pub(crate) requests: &'a [Request],
    pub(crate) expectation: &'a Expectation,
    pub(crate) config: &'a SessionConfig,
}

impl Wanted<'_> {
    fn asks(&self) -> Result<Vec<Ask>, LoadError> {
        let ask = |request| match self.target.protocol() {
            Protocol::Http => Ask::of_request(request, self.target, self.expectation),
            Protocol::WebSocket => Ok(Ask::of_message(request, self.expectation)),
        };
        let asks: Vec<Ask> = self.requests.iter().map(ask).collect::<Result<_, _>>()?;
        if asks.is_empty() {
            return Err(LoadError::Plan("no requests; give at least one".into()));
        }
        Ok(asks)
    }

    fn opening(&self) -> Result<Option<Vec<u8>>, LoadError> {
        match (self.target.protocol(), self.requests.first()) {
            (Protocol::WebSocket, Some(first)) => {
                opening_request(first).encode(self.target).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// An accepted handshake stands for the status of every message; there are no headers.
    fn expectation(&self) -> Expectation {
        match self.target.protocol() {
            Protocol::Http => self.expectation.clone(),
            Protocol::WebSocket => Expectation {
                status: Some(SWITCHING_PROTOCOLS),
                ..Expectation::default()
            },
        }
    }

    /// One errand for each address of the target.
    fn errands(&self) -> Result<Vec<Errand>, LoadError> {
        self.config.check()?;
        let (asks, opening) = (self.asks()?, self.opening()?);
        let first = &self.requests[0];
        let name = self.target.clone().with_path(&first.path).to_string();
        let endpoints =
            Endpoint::all(self.target.address()).map_err(|source| LoadError::Connect {
                target: name.clone(),
                source,
            })?;
        let errand = |endpoint| Errand {
            endpoint,
            protocol: self.target.protocol(),
            opening: opening.clone(),
            asks: asks.clone(),
            expectation: self.expectation(),
            timeout_ns: duration_ns(self.config.timeout),
            connect_timeout_ns: duration_ns(self.config.connect_timeout),
            name: name.clone(),
        };
        Ok(endpoints.into_iter().map(errand).collect())
    }

    /// For the first address that can be connected to. The connection is hung up again: it serves only to find out.
    pub(crate) fn choose(&self) -> Result<Errand, LoadError> {
        let mut errands = self.errands()?;
        let last = errands
            .pop()
            .ok_or_else(|| LoadError::Plan("the target has no address; check its host".into()))?;
        let reachable = errands
            .into_iter()
            .find(|errand| errand.endpoint.connect(errand.connect_timeout_ns).is_ok());
        Ok(reachable.unwrap_or(last))
    }
}
