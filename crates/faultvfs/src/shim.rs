//! The leaf with the pointers: the tables of functions that SQLite calls, each of which tells the
//! model and passes on to the usual VFS. <https://sqlite.org/vfs.html>
//!
//! Layout: SQLite allocates `szOsFile` bytes per file; ours begin with [`Handle`], the usual VFS's
//! file follows right behind it.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::size_of;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use libsqlite3_sys as ffi;

use crate::Shared;

/// What a test sees of a database: the file itself, its journal, its log.
const TRACKED: c_int =
    ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// What stands behind `pAppData`; never freed.
struct App {
    shared: Arc<Shared>,
    usual: *mut ffi::sqlite3_vfs,
    _name: CString,
}

/// A file of ours; the usual one follows.
#[repr(C)]
struct Handle {
    file: ffi::sqlite3_file,
    app: *const App,
    /// The file's name without its folder, null when it is not tracked. Owned.
    name: *mut String,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Registers a VFS; answers whether SQLite took it.
pub(crate) fn register(name: CString, shared: Arc<Shared>) -> bool {
    // SAFETY: a null name asks for the default VFS, which lives as long as the process. Everything
    // that the new VFS points at is leaked, so it does, too.
    unsafe {
        let usual = ffi::sqlite3_vfs_find(ptr::null());
        if usual.is_null() {
            return false;
        }
        let name_pointer = name.as_ptr();
        let app = Box::into_raw(Box::new(App {
            shared,
            usual,
            _name: name,
        }));
        let mut vfs = *usual;
        vfs.szOsFile =
            c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX) + (*usual).szOsFile;
        vfs.pNext = ptr::null_mut();
        vfs.zName = name_pointer;
        vfs.pAppData = app.cast();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        vfs.xFullPathname = Some(full_pathname);
        ffi::sqlite3_vfs_register(Box::into_raw(Box::new(vfs)), 0) == ffi::SQLITE_OK
    }
}

/// The app of a VFS of ours.
///
/// # Safety
/// `vfs` is one that [`register`] made.
unsafe fn app_of<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a App {
    // SAFETY: register put a leaked App there.
    unsafe { &*(*vfs).pAppData.cast::<App>() }
}

/// The usual VFS's file behind ours, and its functions.
///
/// # Safety
/// `file` was opened by [`open`] and not closed.
unsafe fn usual(
    file: *mut ffi::sqlite3_file,
) -> (*mut ffi::sqlite3_file, &'static ffi::sqlite3_io_methods) {
    // SAFETY: SQLite allocated room for both, one behind the other; Handle's size is a multiple of
    // a pointer's alignment, which is what the usual file needs.
    unsafe {
        let behind = file
            .cast::<u8>()
            .add(size_of::<Handle>())
            .cast::<ffi::sqlite3_file>();
        (behind, &*(*behind).pMethods)
    }
}

/// Our part of a file: what is shared with the test, and its name if it is tracked.
///
/// # Safety
/// `file` was opened by [`open`] and not closed.
unsafe fn ours<'a>(file: *mut ffi::sqlite3_file) -> (&'a Shared, Option<&'a str>) {
    // SAFETY: open filled the handle in; app is never freed, name not before close.
    unsafe {
        let handle = &*file.cast::<Handle>();
        let name = handle.name.as_ref().map(String::as_str);
        (&(*handle.app).shared, name)
    }
}

/// Calls a function of the usual VFS; one that is missing is an error of SQLite's own kind.
macro_rules! pass {
    ($function:expr, $($argument:expr),*) => {
        match $function {
            Some(function) => function($($argument),*),
            None => ffi::SQLITE_IOERR,
        }
    };
}

fn name_of(path: *const c_char) -> String {
    // SAFETY: SQLite hands a path that ends with a zero byte.
    let path = unsafe { CStr::from_ptr(path) }.to_string_lossy();
    let name = Path::new(path.as_ref()).file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: vfs is ours, file points at szOsFile bytes, as SQLite promises.
    unsafe {
        let app = app_of(vfs);
        let handle = file.cast::<Handle>();
        (*handle).file.pMethods = ptr::null();
        (*handle).app = app;
        (*handle).name = ptr::null_mut();
        let behind = file
            .cast::<u8>()
            .add(size_of::<Handle>())
            .cast::<ffi::sqlite3_file>();
        if flags & TRACKED != 0 && !path.is_null() {
            let name = name_of(path);
            let path = CStr::from_ptr(path).to_string_lossy().into_owned();
            app.shared.disk().open(&name, || std::fs::read(&path).ok());
            (*handle).name = Box::into_raw(Box::new(name));
        }
        let result = pass!(
            (*app.usual).xOpen,
            app.usual,
            path,
            behind,
            flags,
            flags_out
        );
        // SQLite closes a file exactly when it has functions, whatever opening answered.
        if (*behind).pMethods.is_null() {
            drop_name(handle);
        } else {
            (*handle).file.pMethods = &raw const METHODS;
        }
        result
    }
}

/// # Safety
/// `handle` was filled in by [`open`].
unsafe fn drop_name(handle: *mut Handle) {
    // SAFETY: the name came from Box::into_raw and is set to null here, so it is freed once.
    unsafe {
        if !(*handle).name.is_null() {
            drop(Box::from_raw((*handle).name));
            (*handle).name = ptr::null_mut();
        }
    }
}

unsafe extern "C" fn delete(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    sync_dir: c_int,
) -> c_int {
    // SAFETY: vfs is ours; SQLite's own arguments are passed on.
    unsafe {
        let app = app_of(vfs);
        app.shared.disk().delete(&name_of(path));
        pass!((*app.usual).xDelete, app.usual, path, sync_dir)
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: vfs is ours; SQLite's own arguments are passed on.
    unsafe {
        let usual = app_of(vfs).usual;
        pass!((*usual).xAccess, usual, path, flags, out)
    }
}

unsafe extern "C" fn full_pathname(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: vfs is ours; SQLite's own arguments are passed on.
    unsafe {
        let usual = app_of(vfs).usual;
        pass!((*usual).xFullPathname, usual, path, length, out)
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: an open file of ours, closed once.
    unsafe {
        let (behind, methods) = usual(file);
        let result = pass!(methods.xClose, behind);
        drop_name(file.cast());
        result
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xRead, behind, out, count, offset)
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours; SQLite hands `count` bytes.
    unsafe {
        let (behind, methods) = usual(file);
        if let (shared, Some(name)) = ours(file) {
            let length = usize::try_from(count).unwrap_or(0);
            let slice = std::slice::from_raw_parts(bytes.cast::<u8>(), length);
            let start = u64::try_from(offset).unwrap_or(0);
            let mut disk = shared.disk();
            if !disk.takes(name, start + length as u64) {
                return ffi::SQLITE_FULL;
            }
            disk.write(name, start, slice);
        }
        pass!(methods.xWrite, behind, bytes, count, offset)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        if let (shared, Some(name)) = ours(file) {
            shared
                .disk()
                .truncate(name, u64::try_from(size).unwrap_or(0));
        }
        pass!(methods.xTruncate, behind, size)
    }
}

/// A sync of the real file would only cost time: what is durable is what the model says.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: an open file of ours.
    unsafe {
        let (shared, Some(name)) = ours(file) else {
            let (behind, methods) = usual(file);
            return pass!(methods.xSync, behind, flags);
        };
        if shared.failing_syncs.load(Ordering::SeqCst) {
            return ffi::SQLITE_IOERR_FSYNC;
        }
        let mut disk = shared.disk();
        if shared.taking_pictures.load(Ordering::SeqCst) {
            disk.picture(shared.noted.load(Ordering::SeqCst));
        }
        disk.sync(name);
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xFileSize, behind, out)
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, kind: c_int) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xLock, behind, kind)
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, kind: c_int) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xUnlock, behind, kind)
    }
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xCheckReservedLock, behind, out)
    }
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        // A file that grows ahead of its writes would grow past the model.
        if operation == ffi::SQLITE_FCNTL_SIZE_HINT {
            return ffi::SQLITE_OK;
        }
        pass!(methods.xFileControl, behind, operation, argument)
    }
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: an open file of ours.
    unsafe {
        let (behind, methods) = usual(file);
        methods.xSectorSize.map_or(0, |function| function(behind))
    }
}

/// The usual file promises that an overwrite leaves its neighbours alone. The model keeps that
/// promise and gives no other, least of all that writes arrive in order.
unsafe extern "C" fn device_characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    page_bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xShmMap, behind, page, page_bytes, extend, out)
    }
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xShmLock, behind, offset, count, flags)
    }
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: an open file of ours.
    unsafe {
        let (behind, methods) = usual(file);
        if let Some(function) = methods.xShmBarrier {
            function(behind);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: an open file of ours; SQLite's own arguments are passed on.
    unsafe {
        let (behind, methods) = usual(file);
        pass!(methods.xShmUnmap, behind, delete)
    }
}
