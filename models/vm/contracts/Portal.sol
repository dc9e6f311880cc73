// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// Where users of L1 say what shall happen on L2, whoever orders transactions there:
/// ethereum-optimism/specs, protocol/deposits.md, "Deposit Contract" and "Address Aliasing".
contract Portal {
    event TransactionDeposited(
        address indexed from, address indexed to, uint256 indexed version, bytes opaqueData
    );

    error DataTooLarge();
    error GasLimitTooLow();
    error CreationWithRecipient();

    /// What a contract of L1 is on L2 is that many addresses further.
    uint160 private constant ALIAS = uint160(0x1111000000000000000000000000000000001111);
    uint256 private constant MAX_DATA = 120_000;

    receive() external payable {
        depositTransaction(msg.sender, msg.value, 100_000, false, "");
    }

    /// What is sent along is minted on L2 for the sender, before `value` goes from it to `to`.
    function depositTransaction(
        address to, uint256 value, uint64 gasLimit, bool isCreation, bytes memory data
    ) public payable {
        if (isCreation && to != address(0)) revert CreationWithRecipient();
        if (gasLimit < minimumGasLimit(uint64(data.length))) revert GasLimitTooLow();
        if (data.length > MAX_DATA) revert DataTooLarge();
        address from = msg.sender;
        if (from != tx.origin) {
            unchecked { from = address(uint160(from) + ALIAS); }
        }
        emit TransactionDeposited(
            from, to, 0, abi.encodePacked(msg.value, value, gasLimit, isCreation, data)
        );
    }

    /// Below that a deposit could cost L2 more than it pays for.
    function minimumGasLimit(uint64 length) public pure returns (uint64) {
        return length * 40 + 21_000;
    }
}
