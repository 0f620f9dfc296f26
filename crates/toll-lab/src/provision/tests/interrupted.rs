//! What an interrupt stops is called interrupted, not missing or broken.

use super::*;

/// A place in which nothing may run any longer, with the Pythons that were found before.
fn interrupted() -> (Place, Vec<Interpreter>) {
    let place = Place::new();
    let interpreters = discover_interpreters(&place.context, None);
    place.interrupt();
    (place, interpreters)
}

#[test]
fn a_uv_that_cannot_answer_any_more_is_not_called_broken() {
    let (place, _) = interrupted();
    let error = find_uv(&place.context, Some(&uv::shared().path)).unwrap_err();
    assert!(matches!(error, UvError::Interrupted), "{error}");
}

#[test]
fn a_search_that_was_cut_off_found_nothing_and_says_why() {
    let (mut place, interpreters) = interrupted();
    assert!(!interpreters.is_empty());
    assert!(discover_interpreters(&place.context, None).is_empty());
    let bin = tempfile::tempdir().unwrap();
    symlink(uv::shared().path, bin.path().join("uv")).unwrap();
    for path in [bin.path(), Path::new("/no/such/folder")] {
        place.context = place.context.with_env("PATH", &path.to_string_lossy());
        for found in [&[][..], &interpreters[..]] {
            let error = obtain_uv(&place.context, None, found, &|_| {}).unwrap_err();
            assert!(matches!(error, UvError::Interrupted), "{error}");
        }
    }
}
