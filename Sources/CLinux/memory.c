#include "CLinux.h"
#include <link.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

// Code and constants of one loaded object: what is not writable came from the file and can come from it again.
static int release_object(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[index];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_W)) continue;
        uintptr_t start = (object->dlpi_addr + part->p_vaddr) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_filesz + page - 1) & ~(page - 1);
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void clinux_release_memory(void) {
    malloc_trim(0);
    dl_iterate_phdr(release_object, NULL);
}

int clinux_stamp_memory(int root, struct clinux_memory_stamp *stamp) {
    struct stat status;
    struct statfs room;
    if (fstat(root, &status) == -1 || fstatfs(root, &room) == -1) return -1;
    *stamp = (struct clinux_memory_stamp){
        .modified = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec},
        .changed = {status.st_ctim.tv_sec, status.st_ctim.tv_nsec},
        .free_blocks = room.f_bfree, .free_files = room.f_ffree};
    return 0;
}

int clinux_is_same_stamp(const struct clinux_memory_stamp *one, const struct clinux_memory_stamp *other) {
    return memcmp(one, other, sizeof *one) == 0;
}
