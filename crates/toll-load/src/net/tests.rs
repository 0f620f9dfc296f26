//! Both pollers keep the same contract.

use super::{Interest, Ready};
use crate::clock::now_ns;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

const SHORT_NS: u64 = 1_000_000;

macro_rules! contract {
    ($name:ident, $poller:ty) => {
        #[test]
        fn $name() {
            let wait = |poller: &mut $poller| poller.wait(now_ns(), now_ns() + SHORT_NS).unwrap();
            let (mut near, mut far) = UnixStream::pair().unwrap();
            let mut poller = <$poller>::new().unwrap();
            poller.add(7, &near, Interest::Read).unwrap();
            wait(&mut poller);
            assert_eq!(poller.len(), 0);
            far.write_all(b"ab").unwrap();
            for left in [2, 1] {
                wait(&mut poller);
                let readable = Ready {
                    token: 7,
                    readable: true,
                    writable: false,
                };
                assert_eq!(
                    (poller.len(), poller.get(0)),
                    (1, readable),
                    "{left} bytes left: level-triggered"
                );
                near.read_exact(&mut [0]).unwrap();
            }
            poller.change(7, &near, Interest::ReadWrite).unwrap();
            wait(&mut poller);
            assert_eq!(
                poller.get(0),
                Ready {
                    token: 7,
                    readable: false,
                    writable: true
                }
            );
            drop(far);
            wait(&mut poller);
            assert!(poller.get(0).readable);
            let (clock, soon) = (Instant::now(), now_ns() + 3 * SHORT_NS);
            poller.forget(7);
            drop(near);
            while now_ns() < soon {
                poller.wait(now_ns(), soon).unwrap();
                assert_eq!(poller.len(), 0);
            }
            assert!(
                clock.elapsed() < Duration::from_millis(500),
                "a wait ends at its time"
            );
        }
    };
}

contract!(poll_keeps_the_contract, super::poll::Poller);
#[cfg(target_os = "linux")]
contract!(epoll_keeps_the_contract, super::epoll::Poller);
