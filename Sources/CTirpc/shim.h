// Only its flags are wanted, by CRpcbind: its headers and those of CLinux define the same kernel types.
