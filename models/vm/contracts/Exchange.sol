// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// A constant-product exchange between two tokens: a swap never lowers reserve0 * reserve1.
/// Callers approve the exchange for what they pay in.
contract Exchange {
    /// Of every payment, 3 in 1,000 stay with the liquidity providers.
    uint256 private constant FEE_PER_MILLE = 3;

    address public token0;
    address public token1;
    uint256 public reserve0;
    uint256 public reserve1;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    event LiquidityAdded(
        address indexed provider, uint256 amount0, uint256 amount1, uint256 shares
    );
    event LiquidityRemoved(
        address indexed provider, uint256 amount0, uint256 amount1, uint256 shares
    );
    event Swapped(address indexed trader, bool zeroForOne, uint256 paid, uint256 received);

    error NothingToDo();
    error TooLittle(uint256 received, uint256 wanted);
    error TokenFailed();

    constructor(address first, address second) {
        token0 = first;
        token1 = second;
    }

    /// The first provider sets the price; later ones get shares for the scarcer of the two amounts.
    function addLiquidity(uint256 amount0, uint256 amount1) external returns (uint256 shares) {
        if (totalShares == 0) {
            shares = _sqrt(amount0 * amount1);
        } else {
            shares = _min(amount0 * totalShares / reserve0, amount1 * totalShares / reserve1);
        }
        if (shares == 0) revert NothingToDo();
        totalShares += shares;
        sharesOf[msg.sender] += shares;
        reserve0 += amount0;
        reserve1 += amount1;
        _pull(token0, amount0);
        _pull(token1, amount1);
        emit LiquidityAdded(msg.sender, amount0, amount1, shares);
    }

    function removeLiquidity(uint256 shares) external returns (uint256 amount0, uint256 amount1) {
        if (shares == 0) revert NothingToDo();
        amount0 = shares * reserve0 / totalShares;
        amount1 = shares * reserve1 / totalShares;
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        reserve0 -= amount0;
        reserve1 -= amount1;
        _push(token0, amount0);
        _push(token1, amount1);
        emit LiquidityRemoved(msg.sender, amount0, amount1, shares);
    }

    /// What paying `paid` of one token brings of the other.
    function quote(bool zeroForOne, uint256 paid) public view returns (uint256) {
        (uint256 from, uint256 to) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 effective = paid * (1000 - FEE_PER_MILLE);
        return to * effective / (from * 1000 + effective);
    }

    /// Pays token0 for token1 (zeroForOne) or the other way round, for at least `wanted`.
    function swap(bool zeroForOne, uint256 paid, uint256 wanted)
        external
        returns (uint256 received)
    {
        received = quote(zeroForOne, paid);
        if (received == 0) revert NothingToDo();
        if (received < wanted) revert TooLittle(received, wanted);
        if (zeroForOne) {
            reserve0 += paid;
            reserve1 -= received;
            _pull(token0, paid);
            _push(token1, received);
        } else {
            reserve1 += paid;
            reserve0 -= received;
            _pull(token1, paid);
            _push(token0, received);
        }
        emit Swapped(msg.sender, zeroForOne, paid, received);
    }

    function _pull(address token, uint256 amount) private {
        if (!IToken(token).transferFrom(msg.sender, address(this), amount)) revert TokenFailed();
    }

    function _push(address token, uint256 amount) private {
        if (!IToken(token).transfer(msg.sender, amount)) revert TokenFailed();
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// The integer square root, by Newton's method from above.
    function _sqrt(uint256 n) private pure returns (uint256 root) {
        if (n == 0) return 0;
        root = n;
        uint256 next = n / 2 + 1;
        while (next < root) {
            root = next;
            next = (n / next + next) / 2;
        }
    }
}
