// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// The smallest contract with state: every call contends for one storage slot.
contract Counter {
    uint256 public count;

    event Incremented(address indexed by, uint256 count);

    function increment() external {
        count += 1;
        emit Incremented(msg.sender, count);
    }

    function add(uint256 n) external {
        count += n;
        emit Incremented(msg.sender, count);
    }
}
