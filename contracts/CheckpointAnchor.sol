// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.20;

/// Digests of a venue's signed checkpoints, by number: written once, by the owner alone, numbers only rising. Nothing
/// can be changed or taken back, the owner neither, and the contract holds no money. Anybody may make it for an owner.
contract CheckpointAnchor {
    address public immutable owner;
    uint64 public latest;
    mapping(uint64 => bytes32) public digestOf;

    event Anchored(uint64 indexed number, bytes32 digest);

    error NotOwner();
    error NotRising(uint64 latest);
    error EmptyDigest();

    constructor(address owner_) {
        if (owner_ == address(0)) revert NotOwner();
        owner = owner_;
    }

    function anchor(uint64 number, bytes32 digest) external {
        if (msg.sender != owner) revert NotOwner();
        if (number <= latest) revert NotRising(latest);
        if (digest == 0) revert EmptyDigest();
        latest = number;
        digestOf[number] = digest;
        emit Anchored(number, digest);
    }
}
