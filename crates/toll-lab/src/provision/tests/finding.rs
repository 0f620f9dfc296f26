//! Finding uv and Pythons, and what is done where they are missing.

use super::*;

#[test]
fn a_python_that_is_not_here_is_replaced_by_the_nearest_with_a_note() {
    let provisioner = without_python_downloads().provisioner();
    let here = provisioner
        .choose_python(&PythonRequest::Newest)
        .unwrap()
        .interpreter;
    for absent in [format!("{}.99", minor(&here.version)), "3.99".to_owned()] {
        let chosen = provisioner
            .choose_python(&PythonRequest::Version(absent.clone()))
            .unwrap();
        let used = &chosen.interpreter.version;
        assert_eq!(minor(used), minor(&here.version));
        let note = &chosen.notes[0];
        assert!(
            note.starts_with(&format!(
                "Python {absent} was asked for, but is not here and could not be installed ("
            )) && note.ends_with(&format!(
                "the nearest that is here, {used}, was used instead"
            )),
            "{note}"
        );
    }
}

#[test]
fn where_no_python_comes_near_those_that_are_here_are_named() {
    let provisioner = without_python_downloads().provisioner();
    let failure = provisioner
        .choose_python(&PythonRequest::Version("4.0".to_owned()))
        .unwrap_err();
    assert_eq!(failure.code, "python-missing");
    let here = &provisioner.pythons()[0];
    assert!(failure.message.contains(&here.path), "{failure}");
}

#[test]
fn what_fails_on_a_python_that_stood_in_says_so() {
    let provisioner = without_python_downloads().provisioner();
    let wanted = Wanted {
        server: Vec::new(),
        python: PythonRequest::Version("3.99".to_owned()),
        ..wanted(&["h11==99.0"], None)
    };
    let failure = one(&provisioner, wanted).unwrap_err();
    assert_eq!(failure.code, "no-solution");
    assert!(
        failure.message.contains("Python 3.99 was asked for"),
        "{failure}"
    );
}

/// A place where uv has nowhere to download Pythons from.
fn without_python_downloads() -> Place {
    let mut place = Place::new();
    place.context = place
        .context
        .with_env("UV_PYTHON_INSTALL_MIRROR", "http://127.0.0.1:9")
        .with_env("UV_PYTHON_DOWNLOADS_JSON_URL", "");
    place
}

/// A PATH with the usual programs, but without uv.
fn path_without_uv(folder: &Path) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = Vec::new();
    for (number, original) in std::env::split_paths(&path).enumerate() {
        if !original.join("uv").exists() {
            folders.push(original);
            continue;
        }
        let copy = folder.join(number.to_string());
        fs::create_dir_all(&copy).unwrap();
        for entry in fs::read_dir(&original)
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name() != "uv")
        {
            symlink(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        folders.push(copy);
    }
    std::env::join_paths(folders)
        .unwrap()
        .into_string()
        .unwrap()
}

#[test]
fn uv_is_fetched_once_where_there_is_none() {
    let mut place = Place::new();
    let bin = tempfile::tempdir().unwrap();
    place.context = place.context.with_env("PATH", &path_without_uv(bin.path()));
    let interpreters = discover_interpreters(&place.context, None);
    assert_eq!(find_uv(&place.context, None).unwrap(), None);
    let fetches = Mutex::new(0);
    let count = |event| {
        if event == ProvisionEvent::FetchingUv {
            *fetches.lock().unwrap() += 1;
        }
    };
    let fetched = thread::scope(|scope| {
        let runs = [(); 2].map(|()| {
            scope.spawn(|| obtain_uv(&place.context, None, &interpreters, &count).unwrap())
        });
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(fetched[0], fetched[1]);
    assert_eq!(*fetches.lock().unwrap(), 1);
    assert!(fetched[0].path.starts_with(place.cache.path()));
    assert_eq!(
        find_uv(&place.context, None).unwrap().as_ref(),
        Some(&fetched[0])
    );
    assert_eq!(cache_clean(place.cache.path()).unwrap().uvs, 1);
    assert_eq!(find_uv(&place.context, None).unwrap(), None);
}

#[test]
fn where_uv_cannot_be_fetched_the_remedy_is_said() {
    let mut place = Place::new();
    let bin = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9/simple";
    place.context = place
        .context
        .with_env("PATH", &path_without_uv(bin.path()))
        .with_env("PIP_INDEX_URL", nowhere)
        .with_env("PIP_FIND_LINKS", "");
    let interpreters = discover_interpreters(&place.context, None);
    let error = obtain_uv(&place.context, None, &interpreters, &|_| {}).unwrap_err();
    assert!(matches!(error, UvError::IndexUnreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("PIP_INDEX_URL")
            && text.contains("install uv by hand")
            && text.contains("Connection refused"),
        "{text}"
    );
    assert!(matches!(
        obtain_uv(&place.context, None, &[], &|_| {}),
        Err(UvError::NoPython)
    ));
}

#[test]
fn a_uv_that_was_named_and_does_not_work_is_an_error() {
    let place = Place::new();
    let error = find_uv(&place.context, Some(Path::new("/no/such/uv"))).unwrap_err();
    assert!(matches!(error, UvError::Given { .. }), "{error}");
}
