//! The ways in which an exchange goes wrong, and how many went which way.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an exchange was no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No connection: refused, unreachable, or not made in time. Nothing was sent.
    Connect,
    /// No complete answer in time.
    Timeout,
    /// The connection was closed or reset before the whole head had come.
    Closed,
    /// The connection was closed or reset inside the body.
    ShortBody,
    /// What came is not HTTP/1.1: a garbled or endless head, contradictory lengths, bad chunks, bytes after the answer.
    Framing,
    /// A complete answer with another status than the expected one (1xx and 2xx; the others have classes of their own).
    WrongStatus,
    /// The right status, but an expected header is missing or has another value.
    WrongHeader,
    /// The right status, but not the expected body.
    WrongBody,
    /// An unexpected 3xx. Redirects are not followed.
    Redirect,
    /// An unexpected 4xx.
    ClientError,
    /// An unexpected 5xx.
    ServerError,
}

impl Fault {
    /// All of them, in the order of [`Errors`].
    pub const ALL: [Fault; 11] = [
        Fault::Connect,
        Fault::Timeout,
        Fault::Closed,
        Fault::ShortBody,
        Fault::Framing,
        Fault::WrongStatus,
        Fault::WrongHeader,
        Fault::WrongBody,
        Fault::Redirect,
        Fault::ClientError,
        Fault::ServerError,
    ];

    /// The stable name, as in JSON: that of its field in [`Errors`].
    pub fn name(self) -> &'static str {
        match self {
            Fault::Connect => "connect",
            Fault::Timeout => "timeout",
            Fault::Closed => "closed",
            Fault::ShortBody => "short_body",
            Fault::Framing => "framing",
            Fault::WrongStatus => "wrong_status",
            Fault::WrongHeader => "wrong_header",
            Fault::WrongBody => "wrong_body",
            Fault::Redirect => "redirect",
            Fault::ClientError => "client_error",
            Fault::ServerError => "server_error",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Connect => "no connection",
            Fault::Timeout => "no answer in time",
            Fault::Closed => "connection closed before the answer",
            Fault::ShortBody => "connection closed inside the body",
            Fault::Framing => "not well-formed HTTP/1.1",
            Fault::WrongStatus => "wrong status",
            Fault::WrongHeader => "wrong header",
            Fault::WrongBody => "wrong body",
            Fault::Redirect => "redirect (3xx)",
            Fault::ClientError => "client error (4xx)",
            Fault::ServerError => "server error (5xx)",
        })
    }
}

/// Failed exchanges by class; see [`Fault`] for what each one means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errors {
    /// [`Fault::Connect`].
    pub connect: u64,
    /// [`Fault::Timeout`].
    pub timeout: u64,
    /// [`Fault::Closed`].
    pub closed: u64,
    /// [`Fault::ShortBody`].
    pub short_body: u64,
    /// [`Fault::Framing`].
    pub framing: u64,
    /// [`Fault::WrongStatus`].
    pub wrong_status: u64,
    /// [`Fault::WrongHeader`].
    pub wrong_header: u64,
    /// [`Fault::WrongBody`].
    pub wrong_body: u64,
    /// [`Fault::Redirect`].
    pub redirect: u64,
    /// [`Fault::ClientError`].
    pub client_error: u64,
    /// [`Fault::ServerError`].
    pub server_error: u64,
}

impl Errors {
    /// All failed exchanges.
    pub fn total(&self) -> u64 {
        self.by_class().map(|(_, count)| count).sum()
    }

    /// The failures of requests that had been sent: all but [`Fault::Connect`].
    pub fn after_sending(&self) -> u64 {
        self.total() - self.connect
    }

    /// Every class with its count, zeros included.
    pub fn by_class(&self) -> impl Iterator<Item = (Fault, u64)> + use<> {
        let copy = *self;
        Fault::ALL
            .into_iter()
            .map(move |fault| (fault, copy.of(fault)))
    }

    /// The count of one class.
    pub fn of(&self, fault: Fault) -> u64 {
        let mut copy = *self;
        *copy.slot(fault)
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        *self.slot(fault) += 1;
    }

    pub(crate) fn merge(&mut self, other: &Errors) {
        for (fault, count) in other.by_class() {
            *self.slot(fault) += count;
        }
    }

    fn slot(&mut self, fault: Fault) -> &mut u64 {
        match fault {
            Fault::Connect => &mut self.connect,
            Fault::Timeout => &mut self.timeout,
            Fault::Closed => &mut self.closed,
            Fault::ShortBody => &mut self.short_body,
            Fault::Framing => &mut self.framing,
            Fault::WrongStatus => &mut self.wrong_status,
            Fault::WrongHeader => &mut self.wrong_header,
            Fault::WrongBody => &mut self.wrong_body,
            Fault::Redirect => &mut self.redirect,
            Fault::ClientError => &mut self.client_error,
            Fault::ServerError => &mut self.server_error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_counts_once() {
        let mut errors = Errors::default();
        for fault in Fault::ALL {
            errors.add(fault);
        }
        let mut twice = errors;
        twice.merge(&errors);
        assert!(twice.by_class().all(|(_, count)| count == 2));
        let all = Fault::ALL.len() as u64;
        assert_eq!((errors.total(), errors.after_sending()), (all, all - 1));
    }
}
